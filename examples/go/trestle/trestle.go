// SPDX-License-Identifier: Apache-2.0

// Package trestle is trestle.h for Go without cgo: the same functions, structs and numbers under Go
// names. The header tells what each does.
package trestle

import (
	"fmt"
	"net"
	"reflect"
	"regexp"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Engine is a trestle_engine *.
type Engine uintptr

// Functions has the functions of trestle.h; EngineCreate is trestle_engine_create, and so on. A
// slice, a string or a pointer is lent for the duration of the call.
type Functions struct {
	Version        func() uint32
	Abi            func() uint32
	VersionText    func() string
	ResultName     func(result int32) string
	ResultCategory func(result int32) int32
	PrimitiveName  func(primitive uint32) string
	SuiteName      func(suite uint16) string
	Constant       func(name *byte, value *int64) int32

	EngineCreate      func(config *EngineConfig, engine *Engine) int32
	EngineShutdownReq func(engine Engine, queue, tag uint64) int32
	EngineDestroy     func(engine Engine) int32

	QueueCreate    func(engine Engine, capacity uint32, queue *uint64) int32
	QueueDestroy   func(engine Engine, queue uint64) int32
	QueueGet       func(engine Engine, queue uint64, messages **Message, capacity uint32, timeoutMs int32, count *uint32) int32
	QueueFd        func(engine Engine, queue uint64, fd *int32) int32
	MessageRelease func(engine Engine, message *Message) int32

	// A nil name is NULL: every backend, or the default one.
	BackendQueryReq      func(engine Engine, queue uint64, name *byte, tag uint64) int32
	BackendCapabilityReq func(engine Engine, queue uint64, name *byte, capability, argument uint32, tag uint64) int32

	SessionCreateReq     func(engine Engine, queue uint64, role uint32, backend *byte, tag uint64) int32
	SessionDestroyReq    func(engine Engine, session, tag uint64) int32
	ConfigCipherReq      func(engine Engine, session uint64, suites []uint16, suiteCount uint32, keybitsMin, keybitsMax uint16, tag uint64) int32
	ConfigCertClientReq  func(engine Engine, session uint64, certificateType uint8, certificate []byte, certificateLength uint64, password []byte, passwordLength, tag uint64) int32
	ConfigCertVerifyReq  func(engine Engine, session uint64, ca []byte, caLength, tag uint64) int32
	ConfigCompressionReq func(engine Engine, session uint64, compression uint8, tag uint64) int32
	ConfigOptionReq      func(engine Engine, session uint64, option uint32, number int64, bytes []byte, length, tag uint64) int32

	ConnectionCreateReq     func(engine Engine, session uint64, family uint32, queue, tag uint64) int32
	ConnectionDestroyReq    func(engine Engine, connection, tag uint64) int32
	ConnectionBindReq       func(engine Engine, connection uint64, ipAddress *[16]byte, port uint16, tag uint64) int32
	ConnectionConnectReq    func(engine Engine, connection uint64, ipAddress *[16]byte, port uint16, tag uint64) int32
	ConnectionDisconnectReq func(engine Engine, connection, tag uint64) int32
	ConnectionDisconnectRes func(engine Engine, connection uint64) int32
	ConnectionCertRes       func(engine Engine, connection uint64, accepted uint8) int32
	// DataCopy alone lends for the call; DataBorrow and DataHandover need memory that is not Go's.
	ConnectionDataReq func(engine Engine, connection uint64, data []byte, length uint64, flags uint32, tag uint64) int32
	ConnectionDataRes func(engine Engine, connection uint64) int32
	BufferAllocate    func(engine Engine, length uint64, buffer **byte) int32
	BufferFree        func(engine Engine, buffer *byte) int32

	ListenReq   func(engine Engine, session uint64, family uint32, ipAddress *[16]byte, port uint16, tag uint64) int32
	UnlistenReq func(engine Engine, listener, tag uint64) int32
	AcceptRes   func(engine Engine, connection uint64, accepted uint8, queue uint64) int32
}

// Load opens the library (an empty path: the installed one), checks that it is of this package's ABI
// or a later one that includes it, and finds every function.
func Load(path string) (*Functions, error) {
	if path == "" {
		path = "libtrestle.so.1"
	}
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	functions := new(Functions)
	structure := reflect.ValueOf(functions).Elem()
	for i := 0; i < structure.NumField(); i++ {
		word := regexp.MustCompile(`[A-Z][a-z]*`)
		name := word.ReplaceAllStringFunc(structure.Type().Field(i).Name, func(s string) string {
			return "_" + strings.ToLower(s)
		})
		symbol, err := purego.Dlsym(library, "trestle"+name)
		if err != nil {
			return nil, err
		}
		purego.RegisterFunc(structure.Field(i).Addr().Interface(), symbol)
	}
	if abi := functions.Abi(); abi/1000 != AbiMajor || abi%1000 < AbiMinor {
		return nil, fmt.Errorf("%s has ABI %d.%d, and %d.%d is needed", path, abi/1000, abi%1000, AbiMajor, AbiMinor)
	}
	return functions, nil
}

// EngineConfig is a trestle_engine_config.
type EngineConfig struct {
	Size, Flags                      uint32
	HandshakeWorkers, DataWorkers    uint32
	ConnectionsMax, SessionsMax      uint32
	BackendDirectory, DefaultBackend *byte
}

// Bytes is a trestle_bytes.
type Bytes struct {
	Data   *byte
	Length uint64
}

// Error is a trestle_error.
type Error struct {
	Size                                  uint32
	Code                                  int32
	Alert, AlertDirection                 uint32
	LibraryCode                           int64
	CertificateIndex                      int32
	Reserved                              uint32
	Backend, LibraryText, Detail, Subject *byte
}

// String has the words of the library and of the backend, and the alert; none of a nil error.
func (e *Error) String() string {
	if e == nil {
		return ""
	}
	words := GoString(e.Detail) + " " + GoString(e.LibraryText)
	if e.AlertDirection != AlertDirectionNone {
		words += fmt.Sprintf(" (alert %d)", e.Alert)
	}
	return strings.TrimSpace(words)
}

// BackendInfo is a trestle_backend_info.
type BackendInfo struct {
	Size                                              uint32
	Result                                            int32
	Name, Path, PluginVersion, LibraryVersion, Detail *byte
}

// Message is a trestle_message: lent, and read only where it is, since a later library's may be longer.
type Message struct {
	Size, Primitive                    uint32
	Result, NameResult                 int32
	Tag, Session, Connection, Listener uint64
	Data                               *byte
	Length                             uint64
	Certificates                       *Bytes
	Backends                           *BackendInfo
	Error                              *Error
	CertificateCount, BackendCount     uint32
	Version, Suite, Family, Port       uint16
	Address                            [16]byte
}

// Bytes are the message's data, valid until it is released.
func (m *Message) Bytes() []byte { return unsafe.Slice(m.Data, m.Length) }

// Address gives an address the form in which requests take it, and its family.
func Address(ip net.IP) (address [16]byte, family uint32) {
	if copy(address[:], ip.To4()) > 0 {
		return address, FamilyIp4
	}
	copy(address[:], ip)
	return address, FamilyIp6
}

// Bool is 1 for a yes, 0 for a no.
func Bool(yes bool) uint8 {
	if yes {
		return 1
	}
	return 0
}

// CString makes a NUL-terminated copy of s.
func CString(s string) *byte { return &append([]byte(s), 0)[0] }

// GoString makes a copy of a NUL-terminated text.
func GoString(c *byte) string {
	if c == nil {
		return ""
	}
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(c), length)) != 0 {
		length++
	}
	return string(unsafe.Slice(c, length))
}
