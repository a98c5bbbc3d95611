// An OTLP/HTTP metrics receiver for tests. It decodes with the protocol's own generated definitions, and strictly: a field
// that the protocol does not have, a wrong type, or invalid UTF-8 is refused with 400.
//
// Standard output is one JSON object a line: {"port":…} first, then {"request":…} for every request taken, whose body
// stands there in canonical protojson, or {"error":…} for every one refused. It ends when standard input does.
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	metrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	metricsPath  = "/v1/metrics"
	maxBodyBytes = 256 << 20
	jsonType     = "application/json"
	protobufType = "application/x-protobuf"
)

type received struct {
	Path        string          `json:"path"`
	ContentType string          `json:"contentType"`
	Encoding    string          `json:"contentEncoding"`
	UserAgent   string          `json:"userAgent"`
	WireBytes   int             `json:"wireBytes"`
	BodyBytes   int             `json:"bodyBytes"`
	AtMillis    int64           `json:"atUnixMillis"`
	Body        json.RawMessage `json:"body"`
}

type line struct {
	Port    int       `json:"port,omitempty"`
	Request *received `json:"request,omitempty"`
	Error   string    `json:"error,omitempty"`
}

// refusal is what is wrong with a request, and the status that says so.
type refusal struct {
	status int
	reason error
}

type receiver struct {
	mutex sync.Mutex
	out   *json.Encoder
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	r := &receiver{out: out}
	r.print(line{Port: listener.Addr().(*net.TCPAddr).Port})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, http.Serve(listener, r))
	os.Exit(1)
}

func (r *receiver) print(l line) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.out.Encode(l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	taken, contentType, refused := receive(request)
	if refused != nil {
		r.print(line{Error: refused.reason.Error()})
		http.Error(w, refused.reason.Error(), refused.status)
		return
	}
	r.print(line{Request: taken})
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(http.StatusOK)
	if contentType == jsonType {
		_, _ = io.WriteString(w, "{}")
	}
}

func receive(request *http.Request) (*received, string, *refusal) {
	if request.URL.Path != metricsPath {
		return nil, "", &refusal{http.StatusNotFound, fmt.Errorf("nothing is at %s", request.URL.Path)}
	}
	if request.Method != http.MethodPost {
		return nil, "", &refusal{http.StatusMethodNotAllowed, fmt.Errorf("method %s", request.Method)}
	}
	contentType, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil || (contentType != jsonType && contentType != protobufType) {
		reason := fmt.Errorf("content type %q", request.Header.Get("Content-Type"))
		return nil, "", &refusal{http.StatusUnsupportedMediaType, reason}
	}
	wire := &counter{from: request.Body}
	body, err := read(wire, request.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, "", &refusal{http.StatusBadRequest, err}
	}
	canonical, err := decode(body, contentType)
	if err != nil {
		return nil, "", &refusal{http.StatusBadRequest, err}
	}
	return &received{
		Path:        request.URL.Path,
		ContentType: contentType,
		Encoding:    request.Header.Get("Content-Encoding"),
		UserAgent:   request.UserAgent(),
		WireBytes:   wire.bytes,
		BodyBytes:   len(body),
		AtMillis:    time.Now().UnixMilli(),
		Body:        canonical,
	}, contentType, nil
}

func read(from io.Reader, encoding string) ([]byte, error) {
	switch encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(from)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		from = unzipped
	default:
		return nil, fmt.Errorf("content encoding %q", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(from, maxBodyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if len(body) > maxBodyBytes {
		return nil, errors.New("the body is too large")
	}
	return body, nil
}

// decode gives the request as the protocol's definitions understand it. Fields that they do not have are errors in JSON, and
// in protobuf too, where they would be kept unread.
func decode(body []byte, contentType string) (json.RawMessage, error) {
	var request metrics.ExportMetricsServiceRequest
	if contentType == jsonType {
		if err := (protojson.UnmarshalOptions{DiscardUnknown: false}).Unmarshal(body, &request); err != nil {
			return nil, fmt.Errorf("json: %w", err)
		}
	} else {
		if err := proto.Unmarshal(body, &request); err != nil {
			return nil, fmt.Errorf("protobuf: %w", err)
		}
		if path := unknownField(request.ProtoReflect(), "request"); path != "" {
			return nil, fmt.Errorf("protobuf: unknown field in %s", path)
		}
	}
	canonical, err := protojson.Marshal(&request)
	if err != nil {
		return nil, fmt.Errorf("encoding again: %w", err)
	}
	return canonical, nil
}

type counter struct {
	from  io.Reader
	bytes int
}

func (c *counter) Read(into []byte) (int, error) {
	n, err := c.from.Read(into)
	c.bytes += n
	return n, err
}
