// Command demo is a service with Prometheus metrics: it takes one order a second and says what time it is, so that
// whoever reads the series can tell how old they are. Any path answers, because pods may announce any. It counts what came with
// credentials, which nobody owes it, and sends whoever asks for /away there, as a pod may that wants somebody else's token.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

const metrics = `# HELP shop_orders_total Orders taken since the start, one a second.
# TYPE shop_orders_total counter
shop_orders_total{service=%[1]q} %[2]d
# HELP shop_clock_seconds Unix time at which this scrape was answered.
# TYPE shop_clock_seconds gauge
shop_clock_seconds{service=%[1]q} %.3[3]f
# HELP shop_credentials_total Requests that came with credentials.
# TYPE shop_credentials_total counter
shop_credentials_total{service=%[1]q} %[4]d
`

func main() {
	started := time.Now()
	service := os.Getenv("SERVICE")
	var credentials atomic.Int64
	http.HandleFunc("/away", func(response http.ResponseWriter, request *http.Request) {
		http.Redirect(response, request, request.URL.Query().Get("to"), http.StatusFound)
	})
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "" {
			credentials.Add(1)
		}
		response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		now := time.Now()
		fmt.Fprintf(response, metrics, service, int(now.Sub(started).Seconds()), float64(now.UnixMilli())/1000, credentials.Load())
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
