// Asks for the same answer by several ways in turn, each over a connection that is kept alive, and prints the median of each in
// milliseconds. Arguments: how often, a file of CAs, one of a client's certificate and key, `user:password`, and the ways: URLs, of
// which one behind `+` is asked with the certificate, one behind `-` with the password.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

type way struct {
	url    string
	client *http.Client
	user   string
	took   []float64
	size   int64
}

func (w *way) ask() {
	request, err := http.NewRequest("GET", w.url, nil)
	if err != nil {
		log.Fatal(err)
	}
	if name, password, ok := strings.Cut(w.user, ":"); ok {
		request.SetBasicAuth(name, password)
	}
	start := time.Now()
	answer, err := w.client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	size, err := io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != 200 {
		log.Fatal(w.url, " ", answer.Status, " ", err)
	}
	w.took = append(w.took, time.Since(start).Seconds()*1000)
	w.size = size
}

func main() {
	times, _ := strconv.Atoi(os.Args[1])
	pem, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	certificate, err := tls.LoadX509KeyPair(os.Args[3], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	var ways []*way
	for _, url := range os.Args[5:] {
		config, user := &tls.Config{RootCAs: roots}, ""
		switch url[0] {
		case '+':
			config.Certificates = []tls.Certificate{certificate}
		case '-':
			user = os.Args[4]
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
		ways = append(ways, &way{url: strings.TrimLeft(url, "+-"), client: client, user: user})
	}
	for i := 0; i < times+5; i++ {
		for _, w := range ways {
			w.ask()
			if i < 5 {
				w.took = nil // warming up
			}
		}
	}
	for _, w := range ways {
		slices.Sort(w.took)
		fmt.Printf("%.2f %d\n", w.took[len(w.took)/2], w.size)
	}
}
