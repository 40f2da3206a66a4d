package gantry_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gantry"
)

// command is how the tests start a worker: GANTRY_WORKER holds the words, separated by blanks.
func options(t testing.TB, extra ...string) gantry.Options {
	t.Helper()
	command := strings.Fields(os.Getenv("GANTRY_WORKER"))
	if len(command) == 0 {
		t.Skip("GANTRY_WORKER is not set: it names the command that starts a worker")
	}
	return gantry.Options{Command: append(command, extra...)}
}

func start(t testing.TB, extra ...string) *gantry.Worker {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w, err := gantry.Start(ctx, options(t, extra...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// sum is a function that adds a constant in a way that no two constants share.
func sum(k int) string {
	return fmt.Sprintf(`function %%add(i64) -> i64 system_v {
block0(v0: i64):
    v1 = iconst.i64 %d
    v2 = iadd v0, v1
    return v2
}
`, k)
}

func TestRun(t *testing.T) {
	w := start(t)
	results, err := w.Run(context.Background(), gantry.RunRequest{Source: sum(40), Function: "%add", Args: []string{"2"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || results[0] != (gantry.Value{Type: "i64", Text: "42"}) {
		t.Fatalf("got %v", results)
	}
}

func TestTrapIsAnAnswer(t *testing.T) {
	w := start(t)
	source := `function %div(i64, i64) -> i64 system_v {
block0(v0: i64, v1: i64):
    v2 = udiv v0, v1
    return v2
}
`
	_, err := w.Run(context.Background(), gantry.RunRequest{Source: source, Function: "%div", Args: []string{"1", "0"}})
	var trap *gantry.Trap
	if !errors.As(err, &trap) || trap.Code != "int_divz" {
		t.Fatalf("got %v", err)
	}
	results, err := w.Run(context.Background(), gantry.RunRequest{Source: source, Function: "%div", Args: []string{"6", "3"}})
	if err != nil || results[0].Text != "2" {
		t.Fatalf("after the trap: %v %v", results, err)
	}
}

func TestErrorsHavePlaces(t *testing.T) {
	w := start(t)
	_, err := w.Compile(context.Background(), gantry.CompileRequest{Name: "bad.clif", Source: "function %f() {\nblock0:\n    v0 = frob\n}\n"})
	var e *gantry.Error
	if !errors.As(err, &e) || len(e.Diagnostics) == 0 || e.Diagnostics[0].Span == nil {
		t.Fatalf("got %v", err)
	}
	if span := e.Diagnostics[0].Span; span.File != "bad.clif" || span.Line != 3 {
		t.Fatalf("got %v", e.Diagnostics[0])
	}
}

func TestOutputs(t *testing.T) {
	w := start(t)
	for output, begins := range map[gantry.Output]string{gantry.Object: "\x7fELF", gantry.Asm: "add:", gantry.CLIF: "function %add"} {
		c, err := w.Compile(context.Background(), gantry.CompileRequest{Source: sum(1), Output: output})
		if err != nil || !strings.HasPrefix(string(c.Bytes), begins) {
			t.Errorf("%s: %.20q, %v", output, c.Bytes, err)
		}
	}
	c, err := w.Compile(context.Background(), gantry.CompileRequest{Source: sum(1) + strings.ReplaceAll(sum(2), "%add", "%two"), Output: gantry.Code})
	if err != nil || len(c.Functions) != 2 || c.Functions[1].Offset+c.Functions[1].Length != len(c.Bytes) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	for _, jobs := range []string{"1", "2"} {
		w := start(t, "--jobs", jobs)
		var group sync.WaitGroup
		for k := range 500 {
			group.Add(1)
			go func() {
				defer group.Done()
				c, err := w.Compile(context.Background(), gantry.CompileRequest{Source: sum(k), Output: gantry.CLIF})
				if err != nil {
					t.Error(err)
				} else if want := fmt.Sprintf("iconst.i64 %d", k); k < 10000 && !strings.Contains(string(c.Bytes), want) {
					t.Errorf("request %d was answered with %s", k, c.Bytes)
				}
			}()
		}
		group.Wait()
	}
}

func TestDeadline(t *testing.T) {
	w := start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	endless := "function %loop() system_v {\nblock0:\n    jump block1\nblock1:\n    jump block1\n}\n"
	_, err := w.Run(ctx, gantry.RunRequest{Source: endless, Function: "%loop"})
	var e *gantry.Error
	if !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &e) && e.Code == "WORK0005") {
		t.Fatalf("an endless loop ended with %v", err)
	}
	if _, err := w.Run(context.Background(), gantry.RunRequest{Source: sum(1), Function: "%add", Args: []string{"1"}}); err != nil {
		t.Fatalf("after the deadline: %v", err)
	}
}

func TestRestartAfterKill(t *testing.T) {
	w := start(t)
	kills := 10
	random := rand.New(rand.NewSource(8))
	done := make(chan bool)
	go func() {
		defer close(done)
		for range kills {
			time.Sleep(time.Duration(random.Intn(150)) * time.Millisecond)
			if pid := w.Pid(); pid > 0 {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}()
	for k := 0; ; k++ {
		select {
		case <-done:
			return
		default:
		}
		c, err := w.Compile(context.Background(), gantry.CompileRequest{Source: sum(k), Output: gantry.CLIF})
		if err != nil && !errors.Is(err, gantry.ErrDied) {
			t.Fatalf("request %d: %v", k, err)
		}
		if err == nil && !strings.Contains(string(c.Bytes), "iadd") {
			t.Fatalf("request %d was answered with %s", k, c.Bytes)
		}
	}
}

func TestPool(t *testing.T) {
	pool, err := gantry.StartPool(context.Background(), 2, options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if pool.Worker().Pid() == pool.Worker().Pid() {
		t.Error("both requests would go to one worker")
	}
	if _, err := pool.Compile(context.Background(), gantry.CompileRequest{Source: sum(3)}); err != nil {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	for round, want := range []int{0, 1} {
		w := start(t, "--cache", dir, "--cache-check", "1")
		c, err := w.Compile(context.Background(), gantry.CompileRequest{Source: sum(77), Output: gantry.Object})
		if err != nil || c.Cached != want {
			t.Fatalf("round %d: %d cached, %v", round, c.Cached, err)
		}
		stats, err := w.Stats(context.Background())
		if err != nil || stats["cacheMismatches"] != 0 {
			t.Fatalf("%v, %v", stats, err)
		}
	}
}

func TestClosed(t *testing.T) {
	w := start(t)
	w.Close()
	if _, err := w.Compile(context.Background(), gantry.CompileRequest{}); !errors.Is(err, gantry.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}
