// Command mochi-go compiles programs of a small language through Gantry: a front end that is hosted in Go and needs
// neither cgo nor a C compiler for code generation.
//
//	mochi-go build [-target T] [-o OBJECT] FILE    compiles a program to an object file
//	mochi-go clif FILE                             prints the CLIF text
//	mochi-go eval EXPRESSION                       compiles an expression and runs it in the worker
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"gantry"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: mochi-go build|clif|eval ...")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	target := flags.String("target", "", "triple or architecture; default: this machine")
	output := flags.String("o", "a.o", "object file")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("mochi-go %s takes one argument", args[0])
	}
	ctx := context.Background()
	switch args[0] {
	case "clif":
		text, err := compile(flags.Arg(0))
		if err == nil {
			fmt.Print(text)
		}
		return err
	case "build":
		text, err := compile(flags.Arg(0))
		if err != nil {
			return err
		}
		return build(ctx, text, *target, *output)
	case "eval":
		value, err := Eval(ctx, flags.Arg(0))
		if err == nil {
			fmt.Println(value)
		}
		return err
	}
	return fmt.Errorf("mochi-go: unknown command %s", args[0])
}

// options say where the worker is: GANTRY_WORKER holds its command, words separated by blanks.
func options() gantry.Options {
	return gantry.Options{Command: strings.Fields(os.Getenv("GANTRY_WORKER"))}
}

func compile(file string) (string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	funcs, err := Parse(string(source))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	text, err := Emit(funcs)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return text, nil
}

func build(ctx context.Context, text, target, output string) error {
	w, err := gantry.Start(ctx, options())
	if err != nil {
		return err
	}
	defer w.Close()
	compiled, err := w.Compile(ctx, gantry.CompileRequest{Source: text, Target: target, Name: output + ".clif"})
	if err != nil {
		return err
	}
	return os.WriteFile(output, compiled.Bytes, 0o644)
}

// Eval compiles an expression and runs it in the worker; the result is written as CLIF writes values.
func Eval(ctx context.Context, source string) (string, error) {
	x, err := ParseExpr(source)
	if err != nil {
		return "", err
	}
	kind := Int
	text, err := Emit([]*Func{{Name: "value", Result: kind, Body: []Stmt{Return{x, 1}}}})
	if err != nil {
		kind = Float
		if text, err = Emit([]*Func{{Name: "value", Result: kind, Body: []Stmt{Return{x, 1}}}}); err != nil {
			return "", err
		}
	}
	w, err := gantry.Start(ctx, options())
	if err != nil {
		return "", err
	}
	defer w.Close()
	results, err := w.Run(ctx, gantry.RunRequest{Source: text, Function: symbol("value")})
	if err != nil {
		return "", err
	}
	return results[0].Text, nil
}
