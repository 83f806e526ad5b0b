package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"heartbeat/client"
)

func ExampleClient_Run() {
	c, err := client.New(client.Config{
		BaseURL: "https://heartbeat.example.org",
		PingKey: os.Getenv("HEARTBEAT_PING_KEY"),
	})
	if err != nil {
		log.Fatal(err)
	}
	backup := client.Check{Host: "db1", Category: "backup", Type: "nightly", Name: "customers"}
	err = c.Run(context.Background(), backup, func(ctx context.Context) error {
		return dump(ctx, "customers")
	})
	if err != nil {
		log.Fatal(err) // the backup's own error
	}
}

func dump(context.Context, string) error { return nil }

func ExampleClient_ExitStatus() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path)
		fmt.Fprint(w, "OK")
	}))
	defer server.Close()

	c, err := client.New(client.Config{BaseURL: server.URL, PingKey: "battery-staple"})
	if err != nil {
		log.Fatal(err)
	}
	check := client.Check{Slug: "nightly-backup"}
	err = c.ExitStatus(context.Background(), check, 3, client.Details{Body: []byte("tape is full")})
	fmt.Println(err)
	// Output:
	// POST /ping/battery-staple/nightly-backup/3
	// <nil>
}

func ExampleStatusError() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()

	c, err := client.New(client.Config{BaseURL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	check := client.Check{UUID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}
	err = c.Success(context.Background(), check, client.Details{})
	var refused *client.StatusError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Temporary())
	}
	// Output:
	// 404 false
}
