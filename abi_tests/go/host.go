// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	t "trestle.example/trestle"
)

const (
	lastPrimitive = t.PrimBackendCapabilityCfm
	patience      = 30 * time.Second
)

var (
	api    *t.Functions
	engine t.Engine
	tag    uint64 // of the newest request

	scenario       string // said with each failure
	passed, failed int
	seen           [lastPrimitive + 1]bool
	pollers        = map[uint64]syscall.RawConn{}
	descriptors    = map[uint64]*os.File{}
)

// check counts a condition. A failure is said with its line.
func check(holds bool, what ...any) bool {
	if holds {
		passed++
		return true
	}
	failed++
	fmt.Printf("FAILED: %s: %s %s\n", scenario, line(), fmt.Sprintln(what...))
	return false
}

// line is where in the scenario we are, outside this file.
func line() string {
	for skip := 2; ; skip++ {
		_, file, number, known := runtime.Caller(skip)
		if !known || !strings.HasSuffix(file, "host.go") {
			return fmt.Sprintf("%s:%d:", file[strings.LastIndex(file, "/")+1:], number)
		}
	}
}

func giveUp(what ...any) {
	check(false, what...)
	os.Exit(report())
}

// newTag is for a request's last argument.
func newTag() uint64 {
	tag++
	return tag
}

// ask takes what a request returned, which must be accepted, and returns its tag.
func ask(primitive int, result int32) uint64 {
	seen[primitive] = true
	if result != t.ResultSuccess {
		giveUp(api.PrimitiveName(uint32(primitive)), "is refused:", api.ResultName(result))
	}
	passed++
	return tag
}

// refused takes what a call returned that must be refused so.
func refused(result, expected int32) {
	check(result == expected, "came", api.ResultName(result), "expected", api.ResultName(expected))
}

// watch lets Go's poller watch a queue. The descriptor stays the queue's: a copy is watched.
func watch(queue uint64) {
	var fd int32
	refused(api.QueueFd(engine, queue, &fd), t.ResultSuccess)
	duplicate, err := syscall.Dup(int(fd))
	check(err == nil, err)
	descriptors[queue] = os.NewFile(uintptr(duplicate), "queue")
	pollers[queue], err = descriptors[queue].SyscallConn()
	check(err == nil, err)
}

func unwatch(queue uint64) {
	check(descriptors[queue].Close() == nil)
}

// next is the next message of a queue. It must be of this primitive, or nothing further can be said
// and the program ends. To be given back with done.
func next(queue uint64, primitive uint32) (m *t.Message) {
	var result int32
	var count uint32
	check(descriptors[queue].SetReadDeadline(time.Now().Add(patience)) == nil)
	err := pollers[queue].Read(func(uintptr) bool {
		result = api.QueueGet(engine, queue, &m, 1, 0, &count)
		return result != t.ResultTimeout
	})
	if err != nil || result != t.ResultSuccess {
		giveUp("no", api.PrimitiveName(primitive), err, api.ResultName(result))
	}
	check(count == 1)
	if m.Primitive != primitive {
		giveUp("came", api.PrimitiveName(m.Primitive), api.ResultName(m.Result), m.Error,
			"expected", api.PrimitiveName(primitive))
	}
	seen[primitive] = true
	check(m.Size >= uint32(unsafe.Sizeof(*m)))
	checkUnnamedFields(m)
	checkError(m)
	return m
}

// confirmed is the CFM of a request, with its tag and this result.
func confirmed(queue uint64, primitive uint32, asked uint64, expected int32) *t.Message {
	m := next(queue, primitive)
	check(m.Tag == asked, "another tag")
	check(m.Result == expected, "came", api.ResultName(m.Result), m.Error)
	return m
}

// checkUnnamedFields: a field that the header gives to other primitives alone is zero.
func checkUnnamedFields(m *t.Message) {
	name := api.PrimitiveName(m.Primitive)
	certificate := m.Primitive == t.PrimConnectionCertInd
	data := m.Primitive == t.PrimConnectionDataInd
	accept := m.Primitive == t.PrimAcceptInd
	connected := m.Primitive == t.PrimConnectionConnectCfm || m.Primitive == t.PrimConnectionConnectInd
	ofEngine := strings.Contains(name, "ENGINE") || strings.Contains(name, "BACKEND")
	check(strings.HasSuffix(name, "_CFM") || m.Tag == 0)
	check(!ofEngine || m.Session == 0)
	check(strings.Contains(name, "CONNECTION") || accept || m.Connection == 0)
	check(strings.Contains(name, "LISTEN") || accept || m.Listener == 0)
	check(certificate || m.NameResult == 0)
	check(certificate || data || (m.Data == nil && m.Length == 0))
	check(certificate || (m.Certificates == nil && m.CertificateCount == 0))
	check(m.Primitive == t.PrimBackendQueryCfm || (m.Backends == nil && m.BackendCount == 0))
	check((connected && m.Result == t.ResultSuccess) || (m.Version == 0 && m.Suite == 0))
	check(m.Primitive == t.PrimListenCfm || accept ||
		(m.Family == 0 && m.Port == 0 && m.Address == [16]byte{}))
}

// checkError: a failure has an error record, complete; a success has none.
func checkError(m *t.Message) {
	if m.Result == t.ResultSuccess {
		check(m.Error == nil || m.Primitive == t.PrimConnectionCertInd)
		return
	}
	if !check(m.Error != nil, "a failure without error record") {
		return
	}
	e := m.Error
	check(e.Size >= uint32(unsafe.Sizeof(*e)))
	check(e.Code != t.ResultSuccess)
	check(e.Alert <= t.AlertNone)
	check((e.Alert == t.AlertNone) == (e.AlertDirection == t.AlertDirectionNone))
	check(e.Reserved == 0)
	check(e.Backend != nil && e.LibraryText != nil)
	check(e.Detail != nil && e.Subject != nil)
}

func done(m *t.Message) {
	refused(api.MessageRelease(engine, m), t.ResultSuccess)
}

func doneWithConnection(m *t.Message) uint64 {
	connection := m.Connection
	check(connection != 0)
	done(m)
	return connection
}

// checkThatAllWereSeen: every primitive came by, since the start.
func checkThatAllWereSeen() {
	for primitive := 1; primitive <= lastPrimitive; primitive++ {
		check(seen[primitive], api.PrimitiveName(uint32(primitive)), "was not seen")
	}
}

// report prints the counts, and returns the program's exit code.
func report() int {
	fmt.Printf("%d passed, %d failed, 0 skipped\n", passed, failed)
	if failed != 0 {
		return 1
	}
	return 0
}
