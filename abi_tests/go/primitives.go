// SPDX-License-Identifier: Apache-2.0

// A program that loads Trestle at run time, without cgo, and goes through every primitive of
// trestle.h, as client and as server, and through every other function.
//
//	primitives CONSTANTS CERTIFICATES BACKEND...
//
// CONSTANTS lists the constants of trestle.h with their values, CERTIFICATES is a folder made by
// make_chain.sh, and TRESTLE_LIBRARY names the library. C and Rust have the same scenario.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	t "trestle.example/trestle"
)

const absent = ^uint64(0)

var (
	loopback             = [16]byte{127, 0, 0, 1}
	chain, leafKey, root []byte
)

// parties is what is in use of one engine. Client and server have a queue each, so that the order of
// messages is known.
type parties struct {
	backend                  string
	clientQueue, serverQueue uint64
	client, server           uint64 // sessions
	listener                 uint64
	port                     uint16
	version, suite           uint16
}

func checkNames() {
	var value int64
	scenario = "names"
	check(api.Version() >= 1000)
	check(api.Abi() == t.AbiMajor*1000+t.AbiMinor)
	check(api.VersionText() == "0.1.0")
	check(api.ResultName(t.ResultBadHandle) == "BAD_HANDLE")
	check(api.ResultName(99999) == "UNKNOWN")
	check(api.ResultCategory(t.ResultFailure) == t.CategoryOther)
	check(api.ResultCategory(t.ResultCertRejected) == t.CategoryCertificate)
	check(api.ResultCategory(799) == t.CategoryBackend) // newer than this program
	check(api.ResultCategory(-1) == t.CategoryOther)
	check(api.PrimitiveName(t.PrimAcceptRes) == "ACCEPT_RES")
	check(api.PrimitiveName(0) == "UNKNOWN")
	check(api.SuiteName(t.TLS_AES_128_GCM_SHA256) == "TLS_AES_128_GCM_SHA256")
	check(api.SuiteName(0xFFFF) == "UNKNOWN")
	refused(api.Constant(t.CString("TRESTLE_NO_SUCH_CONSTANT"), &value), t.ResultUnknownName)
	refused(api.Constant(nil, &value), t.ResultNullArgument)
	refused(api.Constant(t.CString("TRESTLE_PSK"), nil), t.ResultNullArgument)
}

// checkConstants asks for every constant by its name.
func checkConstants(path string) {
	var name string
	var expected, value int64
	scenario = "constants"
	list, err := os.ReadFile(path)
	check(err == nil, err)
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		count, _ := fmt.Sscan(line, &name, &expected)
		same := api.Constant(t.CString(name), &value) == t.ResultSuccess && value == expected
		check(count == 2 && same, line, value)
	}
}

func createEngine(backend string) {
	var none t.Engine
	config := t.EngineConfig{HandshakeWorkers: 2, DataWorkers: 2, ConnectionsMax: 100, SessionsMax: 10,
		DefaultBackend: t.CString(backend)}
	config.Size = 4
	refused(api.EngineCreate(&config, &none), t.ResultBadStructSize)
	config.Size = uint32(unsafe.Sizeof(config))
	config.Flags = 1
	refused(api.EngineCreate(&config, &none), t.ResultUnknownFlag)
	config.Flags = 0
	config.DataWorkers = t.WorkersMax + 1
	refused(api.EngineCreate(&config, &none), t.ResultBadArgument)
	config.DataWorkers = 2
	refused(api.EngineCreate(&config, nil), t.ResultNullArgument)
	check(none == 0)
	refused(api.EngineCreate(&config, &engine), t.ResultSuccess)
	check(engine != 0)
}

// readable tells whether the queue's descriptor says that there is a message.
func readable(queue uint64) bool {
	var fd int32
	refused(api.QueueFd(engine, queue, &fd), t.ResultSuccess)
	var set syscall.FdSet
	set.Bits[fd/64] |= 1 << (uint(fd) % 64)
	count, err := syscall.Select(int(fd)+1, &set, nil, nil, &syscall.Timeval{})
	check(err == nil, err)
	return count == 1
}

func createQueues(p *parties) {
	var message *t.Message
	count := uint32(7)
	refused(api.QueueCreate(0, 0, &p.clientQueue), t.ResultNullArgument)
	refused(api.QueueCreate(engine, 0, &p.clientQueue), t.ResultSuccess)
	refused(api.QueueCreate(engine, 1000, &p.serverQueue), t.ResultSuccess)
	check(p.clientQueue != 0 && p.clientQueue != p.serverQueue)
	check(!readable(p.clientQueue))
	refused(api.QueueGet(engine, p.clientQueue, &message, 1, 0, &count), t.ResultTimeout)
	refused(api.QueueGet(engine, p.clientQueue, &message, 0, 0, &count), t.ResultBadArgument)
	refused(api.QueueGet(engine, absent, &message, 1, 0, &count), t.ResultBadHandle)
	check(message == nil && count == 7)
	watch(p.clientQueue)
	watch(p.serverQueue)
}

func queryBackends(p *parties) {
	queue := p.clientQueue
	ask(t.PrimBackendQueryReq, api.BackendQueryReq(engine, queue, t.CString(p.backend), newTag()))
	m := confirmed(queue, t.PrimBackendQueryCfm, tag, t.ResultSuccess)
	check(!readable(queue))
	if check(m.BackendCount == 1) {
		info := m.Backends
		check(info.Size >= uint32(unsafe.Sizeof(*info)))
		check(info.Result == t.ResultSuccess)
		check(t.GoString(info.Name) == p.backend)
		check(strings.Contains(t.GoString(info.Path), p.backend))
		check(t.GoString(info.PluginVersion) != "" && t.GoString(info.LibraryVersion) != "")
		check(t.GoString(info.Detail) == "")
	}
	done(m)
	ask(t.PrimBackendQueryReq, api.BackendQueryReq(engine, queue, nil, newTag()))
	m = confirmed(queue, t.PrimBackendQueryCfm, tag, t.ResultSuccess)
	check(m.BackendCount >= 1)
	done(m)
	ask(t.PrimBackendQueryReq, api.BackendQueryReq(engine, queue, t.CString("absent"), newTag()))
	m = confirmed(queue, t.PrimBackendQueryCfm, tag, t.ResultBackendNotFound)
	check(strings.Contains(t.GoString(m.Error.Detail), "absent.so"))
	done(m)
}

func askCapabilities(p *parties) {
	queue := p.clientQueue
	ask(t.PrimBackendCapabilityReq, api.BackendCapabilityReq(engine, queue, nil, t.CapabilityVersion, uint32(p.version), newTag()))
	done(confirmed(queue, t.PrimBackendCapabilityCfm, tag, t.ResultSuccess))
	ask(t.PrimBackendCapabilityReq, api.BackendCapabilityReq(engine, queue, t.CString(p.backend), t.CapabilitySuite, 0xFFFF, newTag()))
	done(confirmed(queue, t.PrimBackendCapabilityCfm, tag, t.ResultNotSupported))
	refused(api.BackendCapabilityReq(engine, queue, nil, 9999, 0, tag), t.ResultBadArgument)
}

func createSession(queue uint64, role uint32, backend *byte) uint64 {
	ask(t.PrimSessionCreateReq, api.SessionCreateReq(engine, queue, role, backend, newTag()))
	m := confirmed(queue, t.PrimSessionCreateCfm, tag, t.ResultSuccess)
	session := m.Session
	check(session != 0)
	done(m)
	return session
}

func createSessions(p *parties) {
	refused(api.SessionCreateReq(engine, p.clientQueue, 9, nil, tag), t.ResultBadArgument)
	refused(api.SessionCreateReq(engine, absent, t.RoleClient, nil, tag), t.ResultBadHandle)
	p.client = createSession(p.clientQueue, t.RoleClient, nil)
	p.server = createSession(p.serverQueue, t.RoleServer, t.CString(p.backend))
	check(p.client != p.server)
}

func setOption(queue, session uint64, option uint32, number int64, text []byte) {
	ask(t.PrimConfigOptionReq, api.ConfigOptionReq(engine, session, option, number, text, uint64(len(text)), newTag()))
	m := confirmed(queue, t.PrimConfigOptionCfm, tag, t.ResultSuccess)
	check(m.Session == session)
	done(m)
}

// configureBoth leaves one version and one suite on both sides, so that the outcome is known.
func configureBoth(p *parties) {
	suites := []uint16{p.suite}
	for _, side := range [][2]uint64{{p.clientQueue, p.client}, {p.serverQueue, p.server}} {
		queue, session := side[0], side[1]
		setOption(queue, session, t.OptionVersionMin, int64(p.version), nil)
		setOption(queue, session, t.OptionVersionMax, int64(p.version), nil)
		ask(t.PrimConfigCipherReq, api.ConfigCipherReq(engine, session, suites, 1, 0, 0, newTag()))
		done(confirmed(queue, t.PrimConfigCipherCfm, tag, t.ResultSuccess))
		ask(t.PrimConfigCompressionReq, api.ConfigCompressionReq(engine, session, 0, newTag()))
		done(confirmed(queue, t.PrimConfigCompressionCfm, tag, t.ResultSuccess))
	}
	ask(t.PrimConfigCompressionReq, api.ConfigCompressionReq(engine, p.client, 1, newTag()))
	done(confirmed(p.clientQueue, t.PrimConfigCompressionCfm, tag, t.ResultNotSupported))
	refused(api.ConfigCipherReq(engine, p.client, suites, 0, 0, 0, tag), t.ResultBadArgument)
	refused(api.ConfigCipherReq(engine, p.client, suites, 1, 3072, 2048, tag), t.ResultBadArgument)
	refused(api.ConfigOptionReq(engine, p.client, 9999, 0, nil, 0, tag), t.ResultUnknownOption)
}

func configureClient(p *parties) {
	garbage := []byte("no certificate")
	ask(t.PrimConfigCertVerifyReq, api.ConfigCertVerifyReq(engine, p.client, garbage, 14, newTag()))
	done(confirmed(p.clientQueue, t.PrimConfigCertVerifyCfm, tag, t.ResultBadCertificate))
	ask(t.PrimConfigCertVerifyReq, api.ConfigCertVerifyReq(engine, p.client, root, uint64(len(root)), newTag()))
	done(confirmed(p.clientQueue, t.PrimConfigCertVerifyCfm, tag, t.ResultSuccess))
	setOption(p.clientQueue, p.client, t.OptionServerName, 0, []byte("localhost"))
}

func configureServer(p *parties) {
	queue, server := p.serverQueue, p.server
	refused(api.ConfigCertClientReq(engine, server, 9, chain, uint64(len(chain)), nil, 0, tag), t.ResultBadArgument)
	refused(api.ConfigCertClientReq(engine, server, t.Certificate, chain, t.CertificateLengthMax+1, nil, 0, tag), t.ResultTooLarge)
	ask(t.PrimConfigCertClientReq, api.ConfigCertClientReq(engine, server, t.Certificate, chain, uint64(len(chain)), nil, 0, newTag()))
	done(confirmed(queue, t.PrimConfigCertClientCfm, tag, t.ResultSuccess))
	ask(t.PrimConfigCertClientReq, api.ConfigCertClientReq(engine, server, t.PrivateKey, leafKey, uint64(len(leafKey)), nil, 0, newTag()))
	done(confirmed(queue, t.PrimConfigCertClientCfm, tag, t.ResultSuccess))
}

func listenOnLoopback(p *parties) {
	refused(api.ListenReq(engine, p.server, 5, &loopback, 0, tag), t.ResultBadArgument)
	ask(t.PrimListenReq, api.ListenReq(engine, p.client, t.FamilyIp4, &loopback, 0, newTag()))
	done(confirmed(p.clientQueue, t.PrimListenCfm, tag, t.ResultWrongState))
	ask(t.PrimListenReq, api.ListenReq(engine, p.server, t.FamilyIp4, &loopback, 0, newTag()))
	m := confirmed(p.serverQueue, t.PrimListenCfm, tag, t.ResultSuccess)
	p.listener = m.Listener
	p.port = m.Port
	check(m.Session == p.server && m.Listener != 0)
	check(m.Family == t.FamilyIp4 && m.Port != 0)
	check(m.Address == loopback)
	done(m)
}

func createConnection(p *parties) uint64 {
	ask(t.PrimConnectionCreateReq, api.ConnectionCreateReq(engine, p.client, t.FamilyIp4, 0, newTag()))
	return doneWithConnection(confirmed(p.clientQueue, t.PrimConnectionCreateCfm, tag, t.ResultSuccess))
}

func bindConnection(p *parties, connection uint64) {
	ask(t.PrimConnectionBindReq, api.ConnectionBindReq(engine, connection, &loopback, 0, newTag()))
	m := confirmed(p.clientQueue, t.PrimConnectionBindCfm, tag, t.ResultSuccess)
	check(m.Connection == connection)
	done(m)
}

func destroyConnection(queue, connection uint64) {
	ask(t.PrimConnectionDestroyReq, api.ConnectionDestroyReq(engine, connection, newTag()))
	done(confirmed(queue, t.PrimConnectionDestroyCfm, tag, t.ResultSuccess))
	refused(api.ConnectionDisconnectReq(engine, connection, tag), t.ResultBadHandle)
}

// isAnswered is what a second answer meets: nothing to answer, or no connection any more, since a
// worker may have ended it in the meantime.
func isAnswered(result int32) bool {
	return result == t.ResultNothingToAnswer || result == t.ResultBadHandle
}

// connect goes up to the server's answer. Returns the server's side, and the tag of the request.
func connect(p *parties, connection uint64, accepted uint8) (served, connecting uint64) {
	connecting = ask(t.PrimConnectionConnectReq, api.ConnectionConnectReq(engine, connection, &loopback, p.port, newTag()))
	m := next(p.serverQueue, t.PrimAcceptInd)
	check(m.Listener == p.listener && m.Family == t.FamilyIp4 && m.Port != 0)
	check(m.Address == loopback)
	served = doneWithConnection(m)
	refused(api.AcceptRes(engine, served, 2, 0), t.ResultBadArgument)
	ask(t.PrimAcceptRes, api.AcceptRes(engine, served, accepted, 0))
	check(isAnswered(api.AcceptRes(engine, served, accepted, 0)))
	return served, connecting
}

// decide is about the question whether to trust the server, and the answer.
func decide(p *parties, connection uint64, accepted uint8) {
	m := next(p.clientQueue, t.PrimConnectionCertInd)
	check(m.Connection == connection)
	check(m.Result == t.ResultSuccess && m.NameResult == t.ResultSuccess)
	check(bytes.HasPrefix(m.Bytes(), []byte("-----BEGIN CERTIFICATE-----")))
	check(m.CertificateCount == 2)
	for _, certificate := range unsafe.Slice(m.Certificates, m.CertificateCount) {
		check(certificate.Length > 100 && *certificate.Data == 0x30)
	}
	done(m)
	refused(api.ConnectionCertRes(engine, connection, 2), t.ResultBadArgument)
	ask(t.PrimConnectionCertRes, api.ConnectionCertRes(engine, connection, accepted))
	refused(api.ConnectionCertRes(engine, connection, accepted), t.ResultNothingToAnswer)
}

func checkEstablished(p *parties, m *t.Message, connection uint64) {
	check(m.Connection == connection)
	check(m.Version == p.version && m.Suite == p.suite)
	done(m)
}

// establish returns the server's side of a connection that is established.
func establish(p *parties, connection uint64) uint64 {
	served, connecting := connect(p, connection, 1)
	decide(p, connection, 1)
	checkEstablished(p, confirmed(p.clientQueue, t.PrimConnectionConnectCfm, connecting, t.ResultSuccess), connection)
	checkEstablished(p, next(p.serverQueue, t.PrimConnectionConnectInd), served)
	return served
}

func configureTooLate(p *parties) {
	ask(t.PrimConfigOptionReq, api.ConfigOptionReq(engine, p.client, t.OptionSendWindow, 2, nil, 0, newTag()))
	done(confirmed(p.clientQueue, t.PrimConfigOptionCfm, tag, t.ResultWrongState))
}

// receive takes what the other side sent, which may come in pieces.
func receive(queue, connection uint64, expected []byte) {
	for received := 0; received < len(expected); {
		m := next(queue, t.PrimConnectionDataInd)
		check(m.Connection == connection && m.Length > 0)
		if !check(m.Length <= uint64(len(expected)-received)) {
			break
		}
		check(bytes.Equal(m.Bytes(), expected[received:received+int(m.Length)]))
		received += int(m.Length)
		done(m)
		ask(t.PrimConnectionDataRes, api.ConnectionDataRes(engine, connection))
	}
	refused(api.ConnectionDataRes(engine, connection), t.ResultNothingToAnswer)
}

// transfer sends from one side to the other.
func transfer(fromQueue, from, toQueue, to uint64, data, expected []byte, flags uint32) {
	sending := ask(t.PrimConnectionDataReq, api.ConnectionDataReq(engine, from, data, uint64(len(data)), flags, newTag()))
	receive(toQueue, to, expected)
	m := confirmed(fromQueue, t.PrimConnectionDataCfm, sending, t.ResultSuccess)
	check(m.Connection == from)
	done(m)
}

func exchangeData(p *parties, client, server uint64) {
	const length = 100000
	// What is lent until the CFM must not be Go's memory, which may move.
	data, err := syscall.Mmap(-1, 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		giveUp(err)
	}
	for i := range data {
		data[i] = uint8(i*7 + i/256)
	}
	transfer(p.clientQueue, client, p.serverQueue, server, data[:11], data[:11], t.DataCopy)
	transfer(p.serverQueue, server, p.clientQueue, client, data, data, t.DataBorrow)
	var buffer *byte
	refused(api.BufferAllocate(engine, 5000, &buffer), t.ResultSuccess)
	copy(unsafe.Slice(buffer, 5000), data)
	transfer(p.clientQueue, client, p.serverQueue, server, unsafe.Slice(buffer, 5000), data[:5000], t.DataHandover)
	refused(api.BufferAllocate(engine, 1, &buffer), t.ResultSuccess)
	refused(api.BufferFree(engine, buffer), t.ResultSuccess)
	refused(api.BufferAllocate(engine, 0, &buffer), t.ResultBadArgument)
	refused(api.BufferAllocate(engine, t.DataLengthMax+1, &buffer), t.ResultTooLarge)
	refused(api.ConnectionDataReq(engine, client, data, 1, 8, tag), t.ResultUnknownFlag)
	refused(api.ConnectionDataReq(engine, client, nil, 1, 0, tag), t.ResultNullArgument)
	refused(api.ConnectionDataReq(engine, 0, data, 1, 0, tag), t.ResultBadHandle)
	refused(api.ConnectionDataReq(engine, p.client, data, 1, 0, tag), t.ResultBadHandle)
	check(syscall.Munmap(data) == nil)
}

// disconnect: one side disconnects; the other is told, and answers, which ends its connection.
func disconnect(queue, connection, peerQueue, peer uint64) {
	refused(api.ConnectionDisconnectRes(engine, connection), t.ResultNothingToAnswer)
	leaving := ask(t.PrimConnectionDisconnectReq, api.ConnectionDisconnectReq(engine, connection, newTag()))
	m := next(peerQueue, t.PrimConnectionDisconnectInd)
	check(m.Connection == peer && m.Result == t.ResultSuccess)
	done(m)
	ask(t.PrimConnectionDisconnectRes, api.ConnectionDisconnectRes(engine, peer))
	check(isAnswered(api.ConnectionDisconnectRes(engine, peer)))
	done(confirmed(queue, t.PrimConnectionDisconnectCfm, leaving, t.ResultSuccess))
}

func checkAlert(p *parties, m *t.Message, direction uint32) {
	check(m.Error.Alert == t.AlertBadCertificate)
	check(m.Error.AlertDirection == direction)
	check(t.GoString(m.Error.Backend) == p.backend)
	done(m)
}

// rejectCertificate: the program does not trust the server. bad_certificate goes over the wire, and
// the connection is of no use on either side.
func rejectCertificate(p *parties, connection uint64) {
	served, connecting := connect(p, connection, 1)
	decide(p, connection, 0)
	checkAlert(p, confirmed(p.clientQueue, t.PrimConnectionConnectCfm, connecting, t.ResultCertRejected), t.AlertDirectionSent)
	m := next(p.serverQueue, t.PrimConnectionConnectInd)
	check(m.Connection == served && m.Result == t.ResultAlertReceived)
	checkAlert(p, m, t.AlertDirectionReceived)
	ask(t.PrimConnectionConnectReq, api.ConnectionConnectReq(engine, connection, &loopback, p.port, newTag()))
	done(confirmed(p.clientQueue, t.PrimConnectionConnectCfm, tag, t.ResultInvalidated))
	destroyConnection(p.serverQueue, served)
}

// rejectConnection: the server does not want the connection.
func rejectConnection(p *parties) {
	connection := createConnection(p)
	_, connecting := connect(p, connection, 0)
	m := next(p.clientQueue, t.PrimConnectionConnectCfm)
	check(m.Tag == connecting && m.Connection == connection)
	check(api.ResultCategory(m.Result) == t.CategoryTransport)
	done(m)
	destroyConnection(p.clientQueue, connection)
}

func liveOnConnections(p *parties) {
	connection := createConnection(p)
	bindConnection(p, connection)
	served := establish(p, connection)
	configureTooLate(p)
	exchangeData(p, connection, served)
	disconnect(p.clientQueue, connection, p.serverQueue, served)
	rejectCertificate(p, connection)
	destroyConnection(p.clientQueue, connection)
	rejectConnection(p)

	second := createConnection(p)
	served = establish(p, second)
	disconnect(p.serverQueue, served, p.clientQueue, second)
	destroyConnection(p.serverQueue, served)
}

func endSessions(p *parties) {
	ask(t.PrimUnlistenReq, api.UnlistenReq(engine, p.listener, newTag()))
	m := confirmed(p.serverQueue, t.PrimUnlistenCfm, tag, t.ResultSuccess)
	check(m.Listener == p.listener)
	done(m)
	refused(api.UnlistenReq(engine, p.listener, tag), t.ResultBadHandle)
	refused(api.QueueDestroy(engine, p.clientQueue), t.ResultBusy)
	ask(t.PrimSessionDestroyReq, api.SessionDestroyReq(engine, p.client, newTag()))
	m = confirmed(p.clientQueue, t.PrimSessionDestroyCfm, tag, t.ResultSuccess)
	check(m.Session == p.client)
	done(m)
	refused(api.SessionDestroyReq(engine, p.client, tag), t.ResultBadHandle)
	unwatch(p.clientQueue)
	refused(api.QueueDestroy(engine, p.clientQueue), t.ResultSuccess)
	refused(api.QueueDestroy(engine, p.clientQueue), t.ResultBadHandle)
}

func endEngine(p *parties) {
	var m *t.Message
	var count uint32
	ask(t.PrimEngineShutdownReq, api.EngineShutdownReq(engine, p.serverQueue, newTag()))
	done(confirmed(p.serverQueue, t.PrimEngineShutdownCfm, tag, t.ResultSuccess))
	refused(api.EngineShutdownReq(engine, p.serverQueue, tag), t.ResultShutDown)
	refused(api.SessionCreateReq(engine, p.serverQueue, t.RoleClient, nil, tag), t.ResultShutDown)
	refused(api.QueueGet(engine, p.serverQueue, &m, 1, t.WaitForever, &count), t.ResultShutDown)
	unwatch(p.serverQueue)
	refused(api.EngineDestroy(engine), t.ResultSuccess)
	refused(api.EngineDestroy(0), t.ResultNullArgument)
}

// live is the whole life of an engine, with sessions of one version.
func live(backend string, version, suite uint16) {
	p := &parties{backend: backend, version: version, suite: suite}
	scenario = fmt.Sprintf("%s, TLS 1.%d", backend, version-0x0301)
	createEngine(backend)
	createQueues(p)
	queryBackends(p)
	askCapabilities(p)
	createSessions(p)
	configureBoth(p)
	configureClient(p)
	configureServer(p)
	listenOnLoopback(p)
	liveOnConnections(p)
	endSessions(p)
	endEngine(p)
	checkThatAllWereSeen()
}

func contentsOf(directory, name string) []byte {
	contents, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		giveUp(err)
	}
	return contents
}

func main() {
	var err error
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: primitives CONSTANTS CERTIFICATES BACKEND...")
		os.Exit(2)
	}
	if api, err = t.Load(os.Getenv("TRESTLE_LIBRARY")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	chain = contentsOf(os.Args[2], "chain.pem")
	leafKey = contentsOf(os.Args[2], "leaf.key")
	root = contentsOf(os.Args[2], "root.pem")
	checkNames()
	checkConstants(os.Args[1])
	for _, backend := range os.Args[3:] {
		live(backend, t.VersionTls13, t.TLS_AES_256_GCM_SHA384)
		live(backend, t.VersionTls12, t.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	}
	os.Exit(report())
}
