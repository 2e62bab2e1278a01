<?php

⟦signed⟧
// Receives the webhooks of ⟨sender⟩: checks that each is genuine, answers at once, takes each event once.
// PHP 8.1 or later, nothing to install. Save it as receiver.php and put it behind your web server, or try it with:
//   WEBHOOK_SECRET='…' WEBHOOK_INBOX=/tmp/inbox php -S 127.0.0.1:3000 receiver.php
⟦/⟧
⟦!signed⟧
// Receives the webhooks of ⟨sender⟩, which are NOT SIGNED: nothing in a request proves who sent it. So
// - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
// - allow only the sender's addresses, in your firewall or proxy;
// - before you act on what matters, ask the sender's API whether it is true.
// PHP 8.1 or later, nothing to install. Save it as receiver.php and put it behind your web server, or try it with:
//   WEBHOOK_TOKEN='…' WEBHOOK_INBOX=/tmp/inbox php -S 127.0.0.1:3000 receiver.php
⟦/⟧

declare(strict_types=1);

const LONGEST_BODY = 32 * 1024 * 1024;

⟦time⟧
// An older request may have been recorded by somebody and sent again.
const TOLERANCE_SECONDS = ⟨tolerance⟩;
⟦/⟧

⟦signed⟧
// The webhook's secret. During a rotation the one before may stand beside it.
function secrets(): array
{
    $secrets = array_filter([getenv('WEBHOOK_SECRET'), getenv('WEBHOOK_SECRET_BEFORE')]);
    return $secrets ?: throw new RuntimeException('WEBHOOK_SECRET is not set');
}

⟦utf8⟧
function utf8_keys(): array
{
    return ⟨hmac secrets⟩;
}

⟦/⟧
⟦base64⟧
// The key is the base64 after the prefix.
function base64_keys(): array
{
    $keys = [];
    foreach (⟨hmac secrets⟩ as $secret) {
        $key = base64_decode(substr($secret, strlen(⟨prefix⟩)));
        if (!str_starts_with($secret, ⟨prefix⟩) || strlen($key) < 24) {
            throw new RuntimeException(⟨wrong secret⟩);
        }
        $keys[] = $key;
    }
    return $keys;
}

⟦/⟧
⟦ed25519⟧
// A webhook that signs with ed25519 has a public key in place of a secret.
function public_keys(): array
{
    $public = array_filter(secrets(), fn(string $secret): bool => str_starts_with($secret, ⟨public⟩));
    return array_map(fn(string $secret): string => base64_decode(substr($secret, strlen(⟨public⟩))), $public);
}

⟦/⟧
⟦/⟧
⟦time⟧
function is_recent(string $timestamp): bool
{
    return preg_match('~^[0-9]{1,15}\z~', $timestamp) === 1 && abs(time() - (int) $timestamp) <= TOLERANCE_SECONDS;
}

⟦/⟧
⟦hmac⟧
function hmac_fits(array $keys, string $content, string $signature): bool
{
    foreach ($keys as $key) {
        if (hash_equals(hash_hmac('sha256', $content, $key, true), $signature)) {
            return true;
        }
    }
    return false;
}

⟦/⟧
⟦ed25519⟧
function ed25519_fits(array $keys, string $content, string $signature): bool
{
    foreach ($keys as $key) {
        if (sodium_crypto_sign_verify_detached($signature, $content, $key)) {
            return true;
        }
    }
    return false;
}

⟦/⟧
⟦headers⟧
function header_value(string $name): string
{
    return $_SERVER['HTTP_' . strtoupper(strtr($name, '-.', '__'))] ?? '';
}

⟦/⟧
⟨checks⟩

// An event becomes a file in the inbox, from where a program that runs beside this one takes it: that is where your
// work begins. ⟨id told⟩
function keep(?string $id, ?string $type, mixed $event): void
{
    $inbox = getenv('WEBHOOK_INBOX') ?: throw new RuntimeException('WEBHOOK_INBOX is not set');
    $file = $inbox . '/' . hash('sha256', $id ?? random_bytes(16)) . '.json';
    // Written under another name first, so that nobody finds half a file.
    $new = tempnam($inbox, 'new-');
    file_put_contents($new, json_encode(['type' => $type, 'event' => $event], JSON_THROW_ON_ERROR));
    // Does nothing where a file of that name is there.
    @link($new, $file);
    unlink($new);
    if (!file_exists($file)) {
        throw new RuntimeException('the inbox takes no files');
    }
}

⟦batch⟧
// One event, or several in one request.
⟦/⟧
function take(string $body): void
{
    ⟦batch⟧
    $message = json_decode($body, flags: JSON_THROW_ON_ERROR);
    $events = ⟨list⟩;
    foreach ($events as $index => $event) {
        keep(⟨id of each⟩, ⟨type⟩, $event);
    }
    ⟦/⟧
    ⟦!batch⟧
    $event = json_decode($body, flags: JSON_THROW_ON_ERROR);
    keep(⟨id⟩, ⟨type⟩, $event);
    ⟦/⟧
}

function answer(): int
{
    ⟦!signed⟧
    $token = getenv('WEBHOOK_TOKEN') ?: '';
    $path = (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if (strlen($token) < 32 || !hash_equals($token, substr(strrchr('/' . $path, '/'), 1))) {
        return 404;
    }
    ⟦/⟧
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    $body = file_get_contents('php://input', length: LONGEST_BODY + 1);
    if (strlen($body) > LONGEST_BODY) {
        return 413;
    }
    ⟦signed⟧
    if (!is_genuine($body)) {
        return 401;
    }
    ⟦/⟧
    try {
        take($body);
    } catch (JsonException | TypeError) {
        return 400;
    }
    return ⟨taken⟩;
}

try {
    http_response_code(answer());
} catch (Throwable $error) {
    // It was not taken, so it must come again.
    error_log((string) $error);
    http_response_code(500);
}
