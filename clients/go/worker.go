package gantry

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Options says how to start a worker.
type Options struct {
	// Command starts the worker; empty means "gantry worker" from the PATH.
	Command []string
	// Jobs is the number of compiling threads; 0 leaves it to the worker.
	Jobs int
	// Cache is a directory in which the worker keeps compiled functions; empty means no cache.
	Cache string
	// Stderr receives what the worker writes to its standard error; nil means this process's own.
	Stderr io.Writer
}

func (o Options) argv() []string {
	argv := append([]string(nil), o.Command...)
	if len(argv) == 0 {
		argv = []string{"gantry", "worker"}
	}
	if o.Jobs > 0 {
		argv = append(argv, "--jobs", fmt.Sprint(o.Jobs))
	}
	if o.Cache != "" {
		argv = append(argv, "--cache", o.Cache)
	}
	return argv
}

// Worker is a worker process. If the process dies it is started again with the next request, and requests that it was
// working on are sent once more: compiling is pure, and running a function has no effect outside the process.
type Worker struct {
	options Options

	mu     sync.Mutex
	proc   *process
	closed bool
}

// Start starts a worker and waits until it has said hello.
func Start(ctx context.Context, options Options) (*Worker, error) {
	w := &Worker{options: options}
	if _, err := w.process(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// Hello returns what the current worker process said when it started.
func (w *Worker) Hello(ctx context.Context) (Hello, error) {
	p, err := w.process(ctx)
	if err != nil {
		return Hello{}, err
	}
	return p.hello, nil
}

// Compile compiles CLIF text. An error of type *Error lists what is wrong with it.
func (w *Worker) Compile(ctx context.Context, r CompileRequest) (*Compiled, error) {
	answer, payload, err := w.call(ctx, request{
		Type: "compile", Name: r.Name, Target: r.Target, Set: r.Settings, Output: string(r.Output),
	}, []byte(r.Source))
	if err != nil {
		return nil, err
	}
	return &Compiled{Bytes: payload, Functions: answer.Functions, Cached: answer.Cached}, nil
}

// Check reads and verifies CLIF text without compiling it.
func (w *Worker) Check(ctx context.Context, name, source string) error {
	_, _, err := w.call(ctx, request{Type: "check", Name: name}, []byte(source))
	return err
}

// Run compiles CLIF text in the worker, calls a function of it there and returns its results. If the function traps
// the error is a *Trap.
func (w *Worker) Run(ctx context.Context, r RunRequest) ([]Value, error) {
	args := r.Args
	if args == nil {
		args = []string{}
	}
	answer, _, err := w.call(ctx, request{
		Type: "run", Name: r.Name, Set: r.Settings, Function: r.Function, Args: args,
	}, []byte(r.Source))
	if err != nil {
		return nil, err
	}
	if answer.Trap != nil {
		return nil, answer.Trap
	}
	return answer.Results, nil
}

// Stats returns the worker's counters by name.
func (w *Worker) Stats(ctx context.Context) (map[string]float64, error) {
	answer, _, err := w.call(ctx, request{Type: "stats"}, nil)
	if err != nil {
		return nil, err
	}
	return answer.Stats, nil
}

// Close ends the worker process. Requests under way fail.
func (w *Worker) Close() error {
	w.mu.Lock()
	p := w.proc
	w.closed = true
	w.proc = nil
	w.mu.Unlock()
	if p == nil {
		return nil
	}
	return p.stop()
}

// Pid returns the process id of the worker that runs now, or 0.
func (w *Worker) Pid() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.proc == nil {
		return 0
	}
	return w.proc.cmd.Process.Pid
}

// process returns the live worker process and starts one if there is none.
func (w *Worker) process(ctx context.Context) (*process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	if w.proc != nil && !w.proc.dead() {
		return w.proc, nil
	}
	p, err := startProcess(ctx, w.options)
	if err != nil {
		return nil, err
	}
	w.proc = p
	return p, nil
}

func (w *Worker) call(ctx context.Context, r request, payload []byte) (*answer, []byte, error) {
	for try := 0; ; try++ {
		p, err := w.process(ctx)
		if err != nil {
			return nil, nil, err
		}
		a, bytes, err := p.call(ctx, r, payload)
		if err == ErrDied && try == 0 && ctx.Err() == nil {
			continue
		}
		return a, bytes, err
	}
}

type request struct {
	ID       int      `json:"id"`
	Type     string   `json:"type"`
	Name     string   `json:"name,omitempty"`
	Target   string   `json:"target,omitempty"`
	Set      []string `json:"set,omitempty"`
	Output   string   `json:"output,omitempty"`
	Function string   `json:"function,omitempty"`
	Args     []string `json:"args,omitempty"`
	TimeMs   int64    `json:"timeMs,omitempty"`
	Request  int      `json:"request,omitempty"`
}

type answer struct {
	Type      string             `json:"type"`
	ID        int                `json:"id"`
	OK        bool               `json:"ok"`
	Error     *Error             `json:"error"`
	Functions []Function         `json:"functions"`
	Cached    int                `json:"cached"`
	Results   []Value            `json:"results"`
	Trap      *Trap              `json:"trap"`
	Stats     map[string]float64 `json:"stats"`
}

type reply struct {
	answer  answer
	payload []byte
	err     error
}

// process is one run of the worker.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	hello Hello
	ended chan struct{}

	write sync.Mutex

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	isDead  bool
}

func startProcess(ctx context.Context, options Options) (*process, error) {
	argv := options.argv()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = options.Stderr
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("gantry: cannot start the worker: %w", err)
	}
	p := &process{cmd: cmd, stdin: stdin, ended: make(chan struct{}), waiting: map[int]chan reply{}}
	hello := make(chan reply, 1)
	p.waiting[0] = hello
	go p.read(bufio.NewReaderSize(stdout, 1<<16))
	select {
	case r := <-hello:
		if r.err != nil {
			return nil, r.err
		}
		if err := json.Unmarshal(r.payload, &p.hello); err != nil {
			p.kill()
			return nil, fmt.Errorf("gantry: the worker's hello cannot be read: %w", err)
		}
		if p.hello.Protocol != 1 {
			p.kill()
			return nil, fmt.Errorf("gantry: the worker speaks protocol %d, this client speaks 1", p.hello.Protocol)
		}
		return p, nil
	case <-ctx.Done():
		p.kill()
		return nil, ctx.Err()
	}
}

// read hands each answer to the one who waits for it, until the worker closes its output.
func (p *process) read(r io.Reader) {
	for {
		header, payload, err := readFrame(r)
		if err != nil {
			break
		}
		var a answer
		if json.Unmarshal(header, &a) != nil {
			break
		}
		if a.Type == "hello" {
			payload = header
		}
		p.mu.Lock()
		c := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		if c != nil {
			c <- reply{answer: a, payload: payload}
		}
	}
	p.mu.Lock()
	p.isDead = true
	waiting := p.waiting
	p.waiting = map[int]chan reply{}
	p.mu.Unlock()
	for _, c := range waiting {
		c <- reply{err: ErrDied}
	}
	p.kill()
	p.cmd.Wait()
	close(p.ended)
}

func (p *process) dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isDead
}

func (p *process) kill() { p.cmd.Process.Kill() }

// stop asks the worker to end by closing its input, and kills it if it does not.
func (p *process) stop() error {
	p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(2 * time.Second):
		p.kill()
		<-p.ended
	}
	return nil
}

func (p *process) call(ctx context.Context, r request, payload []byte) (*answer, []byte, error) {
	c := make(chan reply, 1)
	p.mu.Lock()
	if p.isDead {
		p.mu.Unlock()
		return nil, nil, ErrDied
	}
	p.next++
	r.ID = p.next
	p.waiting[r.ID] = c
	p.mu.Unlock()
	if deadline, ok := ctx.Deadline(); ok {
		r.TimeMs = max(1, time.Until(deadline).Milliseconds())
	}
	if err := p.send(r, payload); err != nil {
		p.forget(r.ID)
		return nil, nil, ErrDied
	}
	select {
	case got := <-c:
		if got.err != nil {
			return nil, nil, got.err
		}
		if !got.answer.OK {
			if got.answer.Error == nil {
				return nil, nil, &Error{Code: "WORK0000", Message: "the worker refused without a reason"}
			}
			return nil, nil, got.answer.Error
		}
		return &got.answer, got.payload, nil
	case <-ctx.Done():
		p.forget(r.ID)
		p.mu.Lock()
		p.next++
		cancel := request{ID: p.next, Type: "cancel", Request: r.ID}
		p.mu.Unlock()
		p.send(cancel, nil)
		return nil, nil, ctx.Err()
	}
}

func (p *process) forget(id int) {
	p.mu.Lock()
	delete(p.waiting, id)
	p.mu.Unlock()
}

func (p *process) send(r request, payload []byte) error {
	p.write.Lock()
	defer p.write.Unlock()
	return writeFrame(p.stdin, r, payload)
}
