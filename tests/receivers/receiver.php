<?php
// A receiver as a customer writes it, by what the document of its contract says of signatures. PHP's own server runs it:
// CONTRACT=… SECRET=… php -S 127.0.0.1:0 receiver.php. It answers 200 with the names of the events, or 401.

declare(strict_types=1);

// ScendCore, "Verifying Signatures": the header is sha256= and the hex of the HMAC of the body.
function scendcore(string $body, string $secret): bool
{
    $made = 'sha256=' . hash_hmac('sha256', $body, $secret);
    return hash_equals($made, $_SERVER['HTTP_X_SCENDCORE_SIGNATURE'] ?? '');
}

// Scopien, "Signature Format" and "Verification Process": sha256= is taken off, then the hex is compared.
function scopien(string $body, string $secret): bool
{
    [$scheme, $given] = explode('=', $_SERVER['HTTP_X_SCOPIEN_SIGNATURE'] ?? '', 2) + ['', ''];
    return $scheme === 'sha256' && hash_equals(hash_hmac('sha256', $body, $secret), $given);
}

// Standard Webhooks 1.0: id, time and body are signed; any of the signatures may fit.
function standard_webhooks(string $body, string $secret): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $at = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($at) || abs(time() - (int) $at) > 300) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')), true);
    $made = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($made, $given)) {
            return true;
        }
    }
    return false;
}

$body = file_get_contents('php://input');
$secret = (string) getenv('SECRET');
$is_genuine = match (getenv('CONTRACT')) {
    'scendcore' => scendcore($body, $secret),
    'scopien' => scopien($body, $secret),
    'lead-intake', 'backend', 'standard' => standard_webhooks($body, $secret),
};
if (!$is_genuine) {
    http_response_code(401);
    exit('bad signature');
}
$message = json_decode($body, true, 64, JSON_THROW_ON_ERROR);
echo implode(' ', array_map(fn ($event) => $event['event'] ?? $event['type'], $message['events'] ?? [$message]));
