package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// Emit turns a program into CLIF text. Functions get the names of the source with "mochi_" before them, but for main.
//
// Every block takes the variables in scope as parameters, in order of their names: that is SSA form without any analysis,
// and the parameters that need not be there vanish in the code generator.
func Emit(funcs []*Func) (text string, err error) {
	defer func() {
		if e, ok := recover().(*Error); ok {
			err = e
		}
	}()
	byName := map[string]*Func{}
	for _, f := range funcs {
		if byName[f.Name] != nil {
			fail(f.Pos, "function %s is declared twice", f.Name)
		}
		byName[f.Name] = f
	}
	var b strings.Builder
	for _, f := range funcs {
		e := &emitter{funcs: byName, current: f, refs: map[string]string{}}
		b.WriteString(e.function())
	}
	return b.String(), nil
}

type value struct {
	name string
	kind Kind
}

type emitter struct {
	funcs   map[string]*Func
	current *Func
	vars    map[string]value
	decls   []string
	// refs holds the fnN of each function that is called.
	refs   map[string]string
	slot   bool // whether the stack slot for texts is declared
	body   strings.Builder
	values int
	blocks int
	open   bool
}

func symbol(name string) string {
	if name == "main" {
		return "%main"
	}
	return "%mochi_" + name
}

func signature(f *Func) string {
	kinds := make([]string, len(f.Params))
	for i, p := range f.Params {
		kinds[i] = p.Kind.clif()
	}
	text := "(" + strings.Join(kinds, ", ") + ")"
	if f.Result != None {
		text += " -> " + f.Result.clif()
	}
	return text + " system_v"
}

func (e *emitter) function() string {
	f := e.current
	e.vars = map[string]value{}
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		v := e.fresh(p.Kind)
		e.vars[p.Name] = v
		params[i] = v.name + ": " + v.kind.clif()
	}
	entry := e.newBlock()
	head := entry
	if len(params) > 0 {
		head += "(" + strings.Join(params, ", ") + ")"
	}
	fmt.Fprintf(&e.body, "%s:\n", head)
	e.open = true
	e.statements(f.Body)
	if e.open {
		switch {
		case f.Name == "main":
			e.line("return %s", e.constant(IntLit{}).name)
		case f.Result == None:
			e.line("return")
		default:
			e.line("trap user1") // a function that must return a value has reached its end
		}
	}
	return fmt.Sprintf("function %s%s {\n%s%s}\n\n", symbol(f.Name), signature(f), strings.Join(e.decls, ""), e.body.String())
}

func (e *emitter) line(format string, args ...any) {
	e.body.WriteString("    " + fmt.Sprintf(format, args...) + "\n")
}

func (e *emitter) fresh(k Kind) value {
	e.values++
	return value{fmt.Sprintf("v%d", e.values-1), k}
}

func (e *emitter) newBlock() string {
	e.blocks++
	return fmt.Sprintf("block%d", e.blocks-1)
}

// define emits an instruction with a result.
func (e *emitter) define(k Kind, format string, args ...any) value {
	v := e.fresh(k)
	e.line("%s = %s", v.name, fmt.Sprintf(format, args...))
	return v
}

func (e *emitter) inScope() []string {
	names := make([]string, 0, len(e.vars))
	for name := range e.vars {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// to is a branch target that passes the named variables on.
func (e *emitter) to(block string, names []string) string {
	if len(names) == 0 {
		return block
	}
	args := make([]string, len(names))
	for i, n := range names {
		args[i] = e.vars[n].name
	}
	return block + "(" + strings.Join(args, ", ") + ")"
}

// begin starts a block whose parameters become the named variables, the only ones in scope.
func (e *emitter) begin(block string, names []string) {
	vars := map[string]value{}
	params := make([]string, len(names))
	for i, n := range names {
		v := e.fresh(e.vars[n].kind)
		vars[n] = v
		params[i] = v.name + ": " + v.kind.clif()
	}
	e.vars = vars
	if len(params) > 0 {
		block += "(" + strings.Join(params, ", ") + ")"
	}
	fmt.Fprintf(&e.body, "%s:\n", block)
	e.open = true
}

func (e *emitter) statements(body []Stmt) {
	for _, s := range body {
		if !e.open {
			return // what follows a return is never reached
		}
		e.statement(s)
	}
}

func (e *emitter) statement(s Stmt) {
	switch s := s.(type) {
	case Let:
		v := e.expr(s.Value)
		old, known := e.vars[s.Name]
		if !s.New && !known {
			fail(s.Pos, "%s is not declared; write let %s = ...", s.Name, s.Name)
		}
		if known && old.kind != v.kind {
			fail(s.Pos, "%s is %s, and the value is %s", s.Name, old.kind, v.kind)
		}
		e.vars[s.Name] = v
	case If:
		e.conditional(s)
	case While:
		e.loop(s)
	case Return:
		e.ret(s)
	case Print:
		e.print(e.expr(s.Value))
	case Do:
		e.call(s.Call.(Call))
	}
}

func (e *emitter) conditional(s If) {
	outer := e.inScope()
	then, otherwise, end := e.newBlock(), e.newBlock(), e.newBlock()
	cond := e.condition(s.Cond)
	e.line("brif %s, %s, %s", cond, e.to(then, outer), e.to(otherwise, outer))
	before := e.vars
	reached := false
	for i, arm := range [][]Stmt{s.Then, s.Else} {
		e.vars = before
		e.begin([]string{then, otherwise}[i], outer)
		e.statements(arm)
		if e.open {
			e.line("jump %s", e.to(end, outer))
			reached = true
		}
	}
	e.open = false
	if reached {
		e.vars = before
		e.begin(end, outer)
	}
}

func (e *emitter) loop(s While) {
	outer := e.inScope()
	head, body, end := e.newBlock(), e.newBlock(), e.newBlock()
	e.line("jump %s", e.to(head, outer))
	e.begin(head, outer)
	cond := e.condition(s.Cond)
	e.line("brif %s, %s, %s", cond, e.to(body, outer), e.to(end, outer))
	atHead := e.vars
	e.begin(body, outer)
	e.statements(s.Body)
	if e.open {
		e.line("jump %s", e.to(head, outer))
	}
	e.vars = atHead
	e.begin(end, outer)
}

func (e *emitter) ret(s Return) {
	e.open = false
	want := e.current.Result
	if s.Value == nil {
		if want != None && e.current.Name != "main" {
			fail(s.Pos, "%s returns %s", e.current.Name, want)
		}
		if want == None {
			e.line("return")
		} else {
			e.line("return %s", e.constant(IntLit{}).name)
		}
		return
	}
	v := e.expr(s.Value)
	if v.kind != want {
		fail(s.Pos, "%s returns %s, and the value is %s", e.current.Name, want, v.kind)
	}
	e.line("return %s", v.name)
}

// print calls the C library: printf for an int, gcvt and puts for a float. The texts lie in a stack slot.
func (e *emitter) print(v value) {
	if !e.slot {
		e.slot = true
		e.decls = append(e.decls, "    ss0 = explicit_slot 32\n")
	}
	address := e.define(Int, "stack_addr.i64 ss0")
	if v.kind == Int {
		format := e.define(Int, "iconst.i64 %d", cString("%lld\n"))
		e.line("store notrap %s, %s", format.name, address.name)
		e.define(Int, "call %s(%s, %s)", e.extern("%printf", "(i64, i64) -> i32 system_v"), address.name, v.name)
		return
	}
	digits := e.define(Int, "iconst.i32 15")
	e.define(Int, "call %s(%s, %s, %s)", e.extern("%gcvt", "(f64, i32, i64) -> i64 system_v"), v.name, digits.name, address.name)
	e.define(Int, "call %s(%s)", e.extern("%puts", "(i64) -> i32 system_v"), address.name)
}

// cString is a text of at most seven bytes as the number that a little-endian store writes with a final zero.
func cString(text string) int64 {
	n := int64(0)
	for i := len(text) - 1; i >= 0; i-- {
		n = n<<8 | int64(text[i])
	}
	return n
}

// extern declares a function once and returns its reference.
func (e *emitter) extern(name, sig string) string {
	ref, known := e.refs[name]
	if !known {
		ref = fmt.Sprintf("fn%d", len(e.refs))
		e.refs[name] = ref
		e.decls = append(e.decls, fmt.Sprintf("    %s = %s%s\n", ref, name, sig))
	}
	return ref
}

func (e *emitter) condition(x Expr) string {
	v := e.expr(x)
	if v.kind != Int {
		fail(x.pos(), "a condition is int, and this is %s", v.kind)
	}
	return v.name
}

func (e *emitter) constant(x IntLit) value { return e.define(Int, "iconst.i64 %d", x.Value) }

var intOps = map[string]string{"+": "iadd", "-": "isub", "*": "imul", "/": "sdiv", "%": "srem"}
var floatOps = map[string]string{"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
var intConds = map[string]string{"==": "eq", "!=": "ne", "<": "slt", "<=": "sle", ">": "sgt", ">=": "sge"}
var floatConds = map[string]string{"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}

func (e *emitter) expr(x Expr) value {
	switch x := x.(type) {
	case IntLit:
		return e.constant(x)
	case FloatLit:
		return e.define(Float, "f64const %s", floatText(x.Value))
	case Var:
		v, known := e.vars[x.Name]
		if !known {
			fail(x.Pos, "%s is not declared", x.Name)
		}
		return v
	case Unary:
		v := e.expr(x.X)
		if v.kind == Float {
			return e.define(Float, "fneg %s", v.name)
		}
		return e.define(Int, "ineg %s", v.name)
	case Binary:
		return e.binary(x)
	case Call:
		v := e.call(x)
		if v.kind == None {
			fail(x.Pos, "%s returns nothing", x.Name)
		}
		return v
	}
	panic("unreachable")
}

func (e *emitter) binary(x Binary) value {
	a, b := e.expr(x.X), e.expr(x.Y)
	if a.kind != b.kind {
		fail(x.Pos, "%s of %s and %s; convert one with int(...) or float(...)", x.Op, a.kind, b.kind)
	}
	if cc := intConds[x.Op]; cc != "" {
		compare, conds := "icmp", intConds
		if a.kind == Float {
			compare, conds = "fcmp", floatConds
		}
		truth := e.define(Int, "%s %s %s, %s", compare, conds[x.Op], a.name, b.name)
		return e.define(Int, "uextend.i64 %s", truth.name)
	}
	ops := intOps
	if a.kind == Float {
		ops = floatOps
	}
	if ops[x.Op] == "" {
		fail(x.Pos, "%s is not for %s", x.Op, a.kind)
	}
	return e.define(a.kind, "%s %s, %s", ops[x.Op], a.name, b.name)
}

func (e *emitter) call(x Call) value {
	args := make([]value, len(x.Args))
	for i, a := range x.Args {
		args[i] = e.expr(a)
	}
	if (x.Name == "int" || x.Name == "float") && len(args) == 1 {
		return e.convert(x, args[0])
	}
	f := e.funcs[x.Name]
	if f == nil || f.Name == "main" {
		fail(x.Pos, "%s is not a function", x.Name)
	}
	if len(args) != len(f.Params) {
		fail(x.Pos, "%s takes %d arguments, and %d are given", x.Name, len(f.Params), len(args))
	}
	names := make([]string, len(args))
	for i, a := range args {
		if a.kind != f.Params[i].Kind {
			fail(x.Pos, "argument %d of %s is %s, and the value is %s", i+1, x.Name, f.Params[i].Kind, a.kind)
		}
		names[i] = a.name
	}
	text := fmt.Sprintf("call %s(%s)", e.extern(symbol(x.Name), signature(f)), strings.Join(names, ", "))
	if f.Result == None {
		e.line("%s", text)
		return value{}
	}
	return e.define(f.Result, "%s", text)
}

func (e *emitter) convert(x Call, v value) value {
	switch {
	case x.Name == "int" && v.kind == Float:
		return e.define(Int, "fcvt_to_sint_sat.i64 %s", v.name)
	case x.Name == "float" && v.kind == Int:
		return e.define(Float, "fcvt_from_sint.f64 %s", v.name)
	}
	return v
}

// floatText writes a float exactly, in CLIF's hexadecimal form.
func floatText(f float64) string {
	bits := math.Float64bits(f)
	if bits<<1 == 0 {
		if bits == 0 {
			return "0.0"
		}
		return "-0.0"
	}
	mantissa, exponent := math.Frexp(f)
	fraction := int64(math.Abs(mantissa) * (1 << 53))
	sign := ""
	if f < 0 {
		sign = "-"
	}
	return fmt.Sprintf("%s0x%x.0p%d", sign, fraction, exponent-53)
}
