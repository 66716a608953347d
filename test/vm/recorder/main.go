// Stands in Prometheus's place behind the front: notes what arrives, and answers in the sizes and times that it is asked for.
// Arguments: address, and the file of notes: a line for each request as net/http, which Prometheus is made of, has understood
// it, and one for whatever bytes a connection brings.
package main

import (
	"compress/gzip"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

var notes *os.File

func note(kind, text string) {
	fmt.Fprintf(notes, "%s %q\n", kind, text)
}

// noting is a connection whose bytes are noted as they are read.
type noting struct{ net.Conn }

func (c noting) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if n > 0 {
		note("bytes", string(into[:n]))
	}
	return n, err
}

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return noting{c}, err
}

func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.URL.Query().Get(name))
	return n
}

// answer knows the parameters sleep (seconds until the answer), size (bytes of it) and every (milliseconds between lines of a stream).
func answer(w http.ResponseWriter, r *http.Request) {
	note("request", r.Method+" "+r.RequestURI)
	note("authorization", r.Header.Get("Authorization"))
	time.Sleep(time.Duration(number(r, "sleep")) * time.Second)
	if every := number(r, "every"); every > 0 {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 0; r.Context().Err() == nil; i++ {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(time.Duration(every) * time.Millisecond)
		}
		return
	}
	size := number(r, "size")
	line := []byte("up{cluster=\"lab\",instance=\"10.0.0.1:9100\",job=\"node\"} 1 1700000000000\n")
	if r.URL.Query().Has("gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		z.Write(line)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for ; size > 0; size -= len(line) {
		if _, err := w.Write(line[:min(len(line), size)]); err != nil {
			return
		}
	}
}

func main() {
	var err error
	if notes, err = os.OpenFile(os.Args[2], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener{l}, http.HandlerFunc(answer)))
}
