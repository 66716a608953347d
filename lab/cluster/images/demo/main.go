// Command demo is a service with Prometheus metrics: it takes one order a second and says what time it is, so that
// whoever reads the series can tell how old they are. Any path answers, because pods may announce any.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

const metrics = `# HELP shop_orders_total Orders taken since the start, one a second.
# TYPE shop_orders_total counter
shop_orders_total{service=%[1]q} %[2]d
# HELP shop_clock_seconds Unix time at which this scrape was answered.
# TYPE shop_clock_seconds gauge
shop_clock_seconds{service=%[1]q} %.3[3]f
`

func main() {
	started := time.Now()
	service := os.Getenv("SERVICE")
	http.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		now := time.Now()
		fmt.Fprintf(response, metrics, service, int(now.Sub(started).Seconds()), float64(now.UnixMilli())/1000)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
