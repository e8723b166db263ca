// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// vcsim, govmomi's simulator as it is, with those of its options that the tests use.
// Prints one line of JSON when it serves, and ends when its standard input does: it can't outlive the test.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/url"
	"os"

	"github.com/vmware/govmomi/simulator"
)

func main() {
	model := simulator.VPX()
	about := &model.ServiceContent.About
	flag.StringVar(&about.ApiVersion, "api-version", about.ApiVersion, "API version")
	flag.IntVar(&model.Machine, "vm", model.Machine, "VMs per resource pool")
	flag.IntVar(&model.Host, "standalone-host", model.Host, "standalone hosts")
	flag.IntVar(&model.ClusterHost, "host", model.ClusterHost, "hosts per cluster")
	flag.IntVar(&model.Portgroup, "pg", model.Portgroup, "distributed portgroups")
	flag.BoolVar(&model.Autostart, "autostart", model.Autostart, "power the VMs on")
	load := flag.String("load", "", "inventory to load, as written by govc object.save")
	user := flag.String("username", "", "the only user that may log in (default: any)")
	password := flag.String("password", "", "that user's password")
	flag.Parse()

	create := model.Create
	if *load != "" {
		create = func() error { return model.Load(*load) }
	}
	if err := create(); err != nil {
		log.Fatal(err)
	}
	listen := &url.URL{Host: "127.0.0.1:0"}
	if *user != "" {
		listen.User = url.UserPassword(*user, *password)
	}
	model.Service.Listen = listen
	model.Service.TLS = new(tls.Config)
	server := model.Service.NewServer()
	certificate, err := server.CertificateFile()
	if err != nil {
		log.Fatal(err)
	}
	ready := map[string]string{"port": server.URL.Port(), "ca_file": certificate}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	// The server isn't closed: that would wait for calls which hang after a crash of their handler.
	model.Remove()
	_ = os.Remove(certificate)
}
