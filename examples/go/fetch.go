// SPDX-License-Identifier: Apache-2.0

// Fetches a page over TLS by one of Trestle's backends: fetch BACKEND HOST PORT CA.pem [NAME]
// Built on trestle.h for Go, which is the package trestle. TRESTLE_LIBRARY says where the library is.
package main

import (
	"log"
	"net"
	"os"
	"syscall"
	t "trestle.example/trestle"
)

var (
	api    *t.Functions
	engine t.Engine
	queue  uint64
	poller syscall.RawConn
)

func demand[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// must ends the program when a request is refused or a message tells of a failure.
func must(result int32, reason *t.Error) {
	if result != t.ResultSuccess {
		log.Fatal(api.ResultName(result), " ", reason)
	}
}

// next waits in Go's own poller until the queue's descriptor says that there is a message.
func next() (message *t.Message) {
	result, count := int32(0), uint32(0)
	demand(0, poller.Read(func(uintptr) bool {
		result = api.QueueGet(engine, queue, &message, 1, 0, &count)
		return result != t.ResultTimeout
	}))
	must(result, nil)
	return message
}

// confirmed waits for the answer to a request; returns the handles that it brings.
func confirmed(accepted int32) (session, connection uint64) {
	must(accepted, nil)
	message := next()
	defer api.MessageRelease(engine, message)
	must(message.Result, message.Error)
	return message.Session, message.Connection
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 5 || len(os.Args) > 6 {
		log.Fatal("usage: fetch BACKEND HOST PORT CA.pem [NAME]")
	}
	ip := demand(net.ResolveTCPAddr("tcp", net.JoinHostPort(os.Args[2], os.Args[3])))
	address, family := t.Address(ip.IP)
	ca := demand(os.ReadFile(os.Args[4]))
	name := []byte(append(os.Args, os.Args[2])[5])
	request := []byte("GET / HTTP/1.0\r\n\r\n")
	var fd int32
	api = demand(t.Load(os.Getenv("TRESTLE_LIBRARY")))
	must(api.EngineCreate(nil, &engine), nil)
	must(api.QueueCreate(engine, 0, &queue), nil)
	must(api.QueueFd(engine, queue, &fd), nil)
	poller = demand(os.NewFile(uintptr(demand(syscall.Dup(int(fd)))), "queue").SyscallConn())
	session, _ := confirmed(api.SessionCreateReq(engine, queue, t.RoleClient, t.CString(os.Args[1]), 0))
	confirmed(api.ConfigCertVerifyReq(engine, session, ca, uint64(len(ca)), 0))
	confirmed(api.ConfigOptionReq(engine, session, t.OptionServerName, 0, name, uint64(len(name)), 0))
	_, connection := confirmed(api.ConnectionCreateReq(engine, session, family, 0, 0))
	must(api.ConnectionConnectReq(engine, connection, &address, uint16(ip.Port), 0), nil)
	for more := true; more; {
		message := next()
		if message.Primitive != t.PrimConnectionCertInd {
			must(message.Result, message.Error)
		}
		switch message.Primitive {
		case t.PrimConnectionCertInd:
			log.Print("certificate: ", api.ResultName(message.Result), ", name: ", api.ResultName(message.NameResult))
			accepted := message.Result == t.ResultSuccess && message.NameResult == t.ResultSuccess
			must(api.ConnectionCertRes(engine, connection, t.Bool(accepted)), nil)
		case t.PrimConnectionConnectCfm:
			log.Printf("version: %#x, suite: %s", message.Version, api.SuiteName(message.Suite))
			must(api.ConnectionDataReq(engine, connection, request, uint64(len(request)), t.DataCopy, 0), nil)
		case t.PrimConnectionDataInd:
			demand(os.Stdout.Write(message.Bytes()))
			must(api.ConnectionDataRes(engine, connection), nil)
		case t.PrimConnectionDisconnectInd:
			more = false
		}
		api.MessageRelease(engine, message)
	}
	must(api.EngineDestroy(engine), nil)
}
