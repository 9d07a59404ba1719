module trestle.example/primitives

go 1.19

require trestle.example v0.0.0

require github.com/ebitengine/purego v0.9.1 // indirect

replace trestle.example => ../../examples/go
