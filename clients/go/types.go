package gantry

import (
	"errors"
	"fmt"
	"strings"
)

// Output says what Compile returns.
type Output string

const (
	// Object is a relocatable object file for the system's linker.
	Object Output = "object"
	// Code is the machine code of each function, one behind the other; see Compiled.Functions for relocations.
	Code Output = "code"
	// Asm is assembly text.
	Asm Output = "asm"
	// CLIF is the function as it goes into instruction selection.
	CLIF Output = "clif"
)

// CompileRequest is what Compile needs to know.
type CompileRequest struct {
	// Source is CLIF text.
	Source string
	// Name is what diagnostics call the source; empty means "<request>".
	Name string
	// Target is a triple or an architecture ("x86_64"); empty means the machine that the worker runs on.
	Target string
	// Settings are "name=value" or "name", with Cranelift's names.
	Settings []string
	// Output is what is wanted; empty means Object.
	Output Output
}

// Compiled is the answer to a CompileRequest.
type Compiled struct {
	// Bytes is the object, code or text.
	Bytes []byte
	// Functions describes each function in the order of the source.
	Functions []Function
	// Cached counts the functions that came from the worker's cache.
	Cached int
}

// Function is one function of a Compiled.
type Function struct {
	Name string `json:"name"`
	// Offset and Length say where in Bytes it is, if Output is Code.
	Offset int `json:"offset"`
	Length int `json:"length"`
	// Align is the alignment that the code asks for.
	Align       int          `json:"align"`
	Relocations []Relocation `json:"relocations"`
	Traps       []TrapSite   `json:"traps"`
}

// Relocation is a field in the code that depends on where a symbol is.
type Relocation struct {
	Offset int    `json:"offset"`
	Kind   string `json:"kind"`
	Symbol string `json:"symbol"`
	Addend int    `json:"addend"`
}

// TrapSite is an instruction that may trap.
type TrapSite struct {
	Offset int    `json:"offset"`
	Code   string `json:"code"`
}

// RunRequest asks the worker to compile Source for its own machine and to call a function of it.
type RunRequest struct {
	Source   string
	Name     string
	Settings []string
	// Function is called, "%name" as in the source.
	Function string
	// Args are values as CLIF writes them: "42", "-1", "0x1.8p0".
	Args []string
}

// Value is a result of Run: a CLIF type and a value as CLIF writes it.
type Value struct {
	Type string `json:"type"`
	Text string `json:"value"`
}

// Diagnostic is one thing that is wrong with the source.
type Diagnostic struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	// Place is where in a function, if there is no Span.
	Place string `json:"place"`
	Span  *Span  `json:"span"`
	Help  string `json:"help"`
}

// Span is a place in the source; lines and columns count from 1.
type Span struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
}

func (d Diagnostic) String() string {
	at := d.Place
	if d.Span != nil {
		at = fmt.Sprintf("%s:%d:%d", d.Span.File, d.Span.Line, d.Span.Column)
	}
	if at != "" {
		at += ": "
	}
	return fmt.Sprintf("%s%s[%s]: %s", at, d.Severity, d.Code, d.Message)
}

// Error is an answer that says no: the source is wrong, or a limit was met. Code is stable.
type Error struct {
	Code        string       `json:"code"`
	Message     string       `json:"message"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

func (e *Error) Error() string {
	if len(e.Diagnostics) == 0 {
		return fmt.Sprintf("gantry: %s: %s", e.Code, e.Message)
	}
	lines := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Trap is what Run returns as its error when the generated code trapped.
type Trap struct {
	// Code is the name of the trap code: "int_divz", "heap_oob", "user1".
	Code string `json:"code"`
	// Function and Offset say which instruction it was.
	Function string `json:"function"`
	Offset   int    `json:"offset"`
}

func (t *Trap) Error() string {
	return fmt.Sprintf("gantry: trap %s in %s at +%#x", t.Code, t.Function, t.Offset)
}

// ErrClosed is returned by methods of a Worker or Pool that was closed.
var ErrClosed = errors.New("gantry: the worker is closed")

// ErrDied is returned for a request whose worker process died twice while working on it.
var ErrDied = errors.New("gantry: the worker process died")

// Hello is what a worker says when it starts.
type Hello struct {
	Protocol int      `json:"protocol"`
	Version  string   `json:"version"`
	Targets  []string `json:"targets"`
}
