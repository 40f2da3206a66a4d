// Package gantry compiles CLIF, an SSA intermediate representation, to machine code.
//
// The code generator runs in a child process, "gantry worker", and exchanges length-prefixed frames with it (see
// docs/protocol.md); this package starts the process, keeps it alive and hides the frames. It needs the standard library
// alone: no cgo, and no Rust or C toolchain on the build host.
//
//	w, err := gantry.Start(ctx, gantry.Options{})
//	...
//	object, err := w.Compile(ctx, gantry.CompileRequest{Source: clif})
//
// All methods may be called from many goroutines at once; requests then share the process and are answered in any order.
package gantry
