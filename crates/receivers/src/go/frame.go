⟦signed⟧
// Receives the webhooks of ⟨sender⟩: checks that each is genuine, answers at once, takes each event once.
// Go 1.18 or later, nothing to install. Save it as receiver.go and run:
//
//	WEBHOOK_SECRET='…' PORT=3000 go run receiver.go
⟦/⟧
⟦!signed⟧
// Receives the webhooks of ⟨sender⟩, which are NOT SIGNED: nothing in a request proves who sent it. So
//   - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
//   - allow only the sender's addresses, in your firewall or proxy;
//   - before you act on what matters, ask the sender's API whether it is true.
//
// Go 1.18 or later, nothing to install. Save it as receiver.go and run:
//
//	WEBHOOK_TOKEN='…' PORT=3000 go run receiver.go
⟦/⟧
package main

import (
	⟨imports⟩
)

const longestBody = 32 << 20

⟦time⟧
// An older request may have been recorded by somebody and sent again.
const tolerance = ⟨tolerance⟩ * time.Second

⟦/⟧
⟦signed⟧
// From the webhook's secret. During a rotation the one before may stand beside it.
⟨key lists⟩

func readSecrets() {
	for _, name := range []string{"WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE"} {
		secret := os.Getenv(name)
		if secret == "" {
			continue
		}
		⟦ed25519⟧
		// A webhook that signs with ed25519 has a public key in place of a secret.
		if strings.HasPrefix(secret, ⟨public⟩) {
			ed25519Keys = append(ed25519Keys, decode(secret, ⟨public⟩))
			continue
		}
		⟦/⟧
		⟦utf8⟧
		utf8Keys = append(utf8Keys, []byte(secret))
		⟦/⟧
		⟦base64⟧
		base64Keys = append(base64Keys, decode(secret, ⟨prefix⟩))
		⟦/⟧
		⟦!hmac⟧
		log.Fatalf("%s does not begin with %s", name, ⟨public⟩)
		⟦/⟧
	}
	if ⟨no keys⟩ {
		log.Fatal("WEBHOOK_SECRET is not set")
	}
}

⟦decoded⟧
// The key is the base64 after the prefix.
func decode(secret, prefix string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, prefix))
	if !strings.HasPrefix(secret, prefix) || err != nil || len(key) < 24 {
		log.Fatalf("a secret is %s and a key in base64", prefix)
	}
	return key
}

⟦/⟧
⟦/⟧
⟦time⟧
func isRecent(timestamp string) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	away := time.Since(time.Unix(seconds, 0))
	return -tolerance <= away && away <= tolerance
}

⟦/⟧
⟦hex⟧
func fromHex(digits string) []byte {
	signature, _ := hex.DecodeString(digits)
	return signature
}

⟦/⟧
⟦of base64⟧
func fromBase64(digits string) []byte {
	signature, _ := base64.StdEncoding.DecodeString(digits)
	return signature
}

⟦/⟧
⟦hmac⟧
func hmacFits(keys [][]byte, content, signature []byte) bool {
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write(content)
		if hmac.Equal(mac.Sum(nil), signature) {
			return true
		}
	}
	return false
}

⟦/⟧
⟦ed25519⟧
func ed25519Fits(keys []ed25519.PublicKey, content, signature []byte) bool {
	for _, key := range keys {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, content, signature) {
			return true
		}
	}
	return false
}

⟦/⟧
⟨forms⟩

⟦captures⟧
// What the pattern captures, if the text has its form.
func capture(form *regexp.Regexp, text string) string {
	if found := form.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

⟦/⟧
⟨checks⟩

// This is where your work begins. The request is answered meanwhile: take the time you need.
func handle(kind string, event json.RawMessage) {
	fmt.Println(kind, string(event))
}

type job struct {
	kind  string
	event json.RawMessage
}

var work = make(chan job, 1000)

⟦once⟧
// An event may come again: after a retry, or when somebody sends it anew. A table of your database with the id as its
// key is the better memory: it outlives the process.
var seen = struct {
	sync.Mutex
	ids  map[string]bool
	last []string
}{ids: map[string]bool{}}

func isNew(id string) bool {
	seen.Lock()
	defer seen.Unlock()
	if seen.ids[id] {
		return false
	}
	seen.ids[id] = true
	seen.last = append(seen.last, id)
	if len(seen.last) > 10_000 {
		delete(seen.ids, seen.last[0])
		seen.last = seen.last[1:]
	}
	return true
}

⟦/⟧
⟦!once⟧
// An event may come again, after a retry or when somebody sends it anew, and has nothing to be known by: doing the work
// twice must do no harm.
⟦/⟧
⟦fields⟧
func text(fields map[string]json.RawMessage, name string) string {
	var text string
	_ = json.Unmarshal(fields[name], &text)
	return text
}

⟦/⟧
⟦batch⟧
// One event, or several in one request.
⟦/⟧
func take(header http.Header, body []byte) error {
	⟦!fields⟧
	if !json.Valid(body) {
		return errors.New("the body is not JSON")
	}
	⟦/⟧
	⟨events⟩
	⟨once request⟩
	⟦batch⟧
	for _, event := range events {
		⟦fields⟧
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(event, &fields); err != nil {
			return err
		}
		⟦/⟧
		⟨once event⟩
		work <- job{⟨type⟩, event}
	}
	⟦/⟧
	⟦!batch⟧
	⟦fields⟧
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	⟦/⟧
	⟨once event⟩
	work <- job{⟨type⟩, body}
	⟦/⟧
	return nil
}

func answer(response http.ResponseWriter, request *http.Request) int {
	⟦!signed⟧
	given := sha256.Sum256([]byte(path.Base(request.URL.Path)))
	token := sha256.Sum256([]byte(os.Getenv("WEBHOOK_TOKEN")))
	if subtle.ConstantTimeCompare(given[:], token[:]) != 1 {
		return http.StatusNotFound
	}
	⟦/⟧
	if request.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, longestBody))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	⟦signed⟧
	if !isGenuine(request.Header, body) {
		return http.StatusUnauthorized
	}
	⟦/⟧
	if err := take(request.Header, body); err != nil {
		return http.StatusBadRequest
	}
	return ⟨taken⟩
}

func main() {
	⟦signed⟧
	readSecrets()
	⟦/⟧
	⟦!signed⟧
	if len(os.Getenv("WEBHOOK_TOKEN")) < 32 {
		log.Fatal("WEBHOOK_TOKEN needs 32 characters or more")
	}
	⟦/⟧
	go func() {
		for job := range work {
			handle(job.kind, job.event)
		}
	}()
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on port", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.WriteHeader(answer(response, request))
	})))
}
