package gantry

import (
	"context"
	"sync/atomic"
)

// Pool spreads requests over several worker processes, so that a crash of one loses as little as possible and each
// processor has work.
type Pool struct {
	workers []*Worker
	next    atomic.Uint32
}

// StartPool starts n workers.
func StartPool(ctx context.Context, n int, options Options) (*Pool, error) {
	p := &Pool{}
	for range max(1, n) {
		w, err := Start(ctx, options)
		if err != nil {
			p.Close()
			return nil, err
		}
		p.workers = append(p.workers, w)
	}
	return p, nil
}

// Worker returns the workers in turn.
func (p *Pool) Worker() *Worker {
	return p.workers[int(p.next.Add(1)-1)%len(p.workers)]
}

// Compile is Worker.Compile on the next worker.
func (p *Pool) Compile(ctx context.Context, r CompileRequest) (*Compiled, error) {
	return p.Worker().Compile(ctx, r)
}

// Run is Worker.Run on the next worker.
func (p *Pool) Run(ctx context.Context, r RunRequest) ([]Value, error) {
	return p.Worker().Run(ctx, r)
}

// Close ends all workers.
func (p *Pool) Close() error {
	for _, w := range p.workers {
		w.Close()
	}
	return nil
}
