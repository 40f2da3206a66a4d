package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func needWorker(t *testing.T) {
	t.Helper()
	if os.Getenv("GANTRY_WORKER") == "" {
		t.Skip("GANTRY_WORKER is not set: it names the command that starts a worker")
	}
}

// buildAndRun compiles a program for this machine, links it with the system's C library and returns what it prints.
func buildAndRun(t *testing.T, file string) string {
	t.Helper()
	needWorker(t)
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("there is no cc to link with")
	}
	text, err := compile(file)
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(t.TempDir(), "a.o")
	if err := build(context.Background(), text, "", object); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "a.out")
	if out, err := exec.Command("cc", object, "-o", program).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestPrimes(t *testing.T) {
	want := "2\n3\n5\n7\n11\n13\n17\n19\n23\n29\n1.53343877187203\n6765\n"
	if got := buildAndRun(t, "primes.mochi"); got != want {
		t.Errorf("got %q", got)
	}
}

func TestLoopsAndFunctions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gcd.mochi")
	source := `
fun gcd(a: int, b: int): int {
  while b != 0 { let t = a % b  a = b  b = t }
  return a
}
fun half(x: float): float { return x / 2.0 }
fun say(n: int) { print(n) }
say(gcd(1071, 462))
print(half(half(5.0)))
if gcd(8, 12) == 4 { print(int(2.9)) } else { print(0 - 1) }
`
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := buildAndRun(t, file); got != "21\n1.25\n2\n" {
		t.Errorf("got %q", got)
	}
}

func TestEval(t *testing.T) {
	needWorker(t)
	if runtime.GOOS != "linux" {
		t.Skip("functions run in the worker on Linux")
	}
	for source, want := range map[string]string{"1 + 2 * 3": "7", "(1 + 2) * 3": "9", "7 / 2": "3", "1.5 * float(4)": "0x1.8000000000000p2", "3 < 4": "1"} {
		if got, err := Eval(context.Background(), source); err != nil || got != want {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	if _, err := Eval(context.Background(), "1 / 0"); err == nil || !strings.Contains(err.Error(), "int_divz") {
		t.Errorf("1 / 0: %v", err)
	}
}

func TestMistakesHaveLines(t *testing.T) {
	for source, want := range map[string]string{
		"let x = y":             "line 1: y is not declared",
		"\nlet x = 1 + 1.0":     "line 2: + of int and float; convert one with int(...) or float(...)",
		"fun f(a: int) {}\nf()": "line 2: f takes 1 arguments, and 0 are given",
		"while 1 {":             "line 1: a block is not closed",
	} {
		funcs, err := Parse(source)
		if err == nil {
			_, err = Emit(funcs)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v", source, err)
		}
	}
}
