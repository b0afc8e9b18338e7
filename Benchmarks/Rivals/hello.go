// SPDX-License-Identifier: Apache-2.0

// Serves "Hello, world!" with Go's own HTTP server: a rival in Scripts/compare-http.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	text := []byte("Hello, world!")
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("Content-Type", "text/plain")
		answer.Write(text)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
