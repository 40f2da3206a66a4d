package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Pos is a line of the source, from 1.
type Pos int

// Error is a mistake in the source.
type Error struct {
	Pos     Pos
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Pos, e.Message) }

func fail(pos Pos, format string, args ...any) {
	panic(&Error{pos, fmt.Sprintf(format, args...)})
}

type token struct {
	text string // "" at the end
	pos  Pos
}

func scan(source string) []token {
	var tokens []token
	line := Pos(1)
	for i := 0; i < len(source); {
		c := source[i]
		start := i
		switch {
		case c == '\n':
			line++
			i++
			continue
		case unicode.IsSpace(rune(c)):
			i++
			continue
		case c == '#':
			for i < len(source) && source[i] != '\n' {
				i++
			}
			continue
		case isLetter(c):
			for i < len(source) && (isLetter(source[i]) || isDigit(source[i])) {
				i++
			}
		case isDigit(c):
			for i < len(source) && (isDigit(source[i]) || source[i] == '.') {
				i++
			}
		default:
			i++
			if i < len(source) && source[i] == '=' && strings.ContainsRune("=!<>", rune(c)) {
				i++
			}
		}
		tokens = append(tokens, token{source[start:i], line})
	}
	return append(tokens, token{"", line})
}

func isLetter(c byte) bool { return c == '_' || unicode.IsLetter(rune(c)) }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

type parser struct {
	tokens []token
	at     int
}

// Parse reads a program: its functions, the last of which is main.
func Parse(source string) (funcs []*Func, err error) {
	defer func() {
		if e, ok := recover().(*Error); ok {
			err = e
		}
	}()
	p := &parser{tokens: scan(source)}
	main := &Func{Name: "main", Result: Int}
	for p.peek() != "" {
		if p.peek() == "fun" {
			funcs = append(funcs, p.function())
		} else {
			main.Body = append(main.Body, p.statement())
		}
	}
	return append(funcs, main), nil
}

// ParseExpr reads a single expression.
func ParseExpr(source string) (e Expr, err error) {
	defer func() {
		if x, ok := recover().(*Error); ok {
			err = x
		}
	}()
	p := &parser{tokens: scan(source)}
	e = p.expression(0)
	p.expect("")
	return e, nil
}

func (p *parser) peek() string { return p.tokens[p.at].text }
func (p *parser) pos() Pos     { return p.tokens[p.at].pos }

func (p *parser) next() string {
	t := p.tokens[p.at].text
	if t != "" {
		p.at++
	}
	return t
}

func (p *parser) accept(text string) bool {
	if p.peek() != text {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(text string) {
	if p.peek() != text {
		want, got := text, p.peek()
		if want == "" {
			want = "the end"
		}
		if got == "" {
			got = "the end"
		}
		fail(p.pos(), "expected %s, found %s", want, got)
	}
	p.next()
}

func (p *parser) name() string {
	if t := p.peek(); t == "" || !isLetter(t[0]) {
		fail(p.pos(), "expected a name, found %q", t)
	}
	return p.next()
}

func (p *parser) kind() Kind {
	switch p.name() {
	case "int":
		return Int
	case "float":
		return Float
	}
	fail(p.pos(), "the types are int and float")
	return None
}

func (p *parser) function() *Func {
	f := &Func{Pos: p.pos()}
	p.expect("fun")
	f.Name = p.name()
	p.expect("(")
	for !p.accept(")") {
		name := p.name()
		p.expect(":")
		f.Params = append(f.Params, Param{name, p.kind()})
		if p.peek() != ")" {
			p.expect(",")
		}
	}
	if p.accept(":") {
		f.Result = p.kind()
	}
	f.Body = p.block()
	return f
}

func (p *parser) block() (body []Stmt) {
	p.expect("{")
	for !p.accept("}") {
		if p.peek() == "" {
			fail(p.pos(), "a block is not closed")
		}
		body = append(body, p.statement())
	}
	return body
}

func (p *parser) statement() Stmt {
	pos := p.pos()
	switch {
	case p.accept("let"):
		name := p.name()
		p.expect("=")
		return Let{name, true, p.expression(0), pos}
	case p.accept("if"):
		s := If{Cond: p.expression(0), Then: p.block()}
		if p.accept("else") {
			if p.peek() == "if" {
				s.Else = []Stmt{p.statement()}
			} else {
				s.Else = p.block()
			}
		}
		return s
	case p.accept("while"):
		return While{p.expression(0), p.block()}
	case p.accept("return"):
		if p.peek() == "}" {
			return Return{nil, pos}
		}
		return Return{p.expression(0), pos}
	case p.accept("print"):
		p.expect("(")
		value := p.expression(0)
		p.expect(")")
		return Print{value}
	}
	name := p.name()
	if p.accept("=") {
		return Let{name, false, p.expression(0), pos}
	}
	return Do{p.call(name, pos)}
}

var precedence = map[string]int{
	"==": 1, "!=": 1, "<": 2, "<=": 2, ">": 2, ">=": 2, "+": 3, "-": 3, "*": 4, "/": 4, "%": 4,
}

func (p *parser) expression(min int) Expr {
	x := p.operand()
	for {
		op, pos := p.peek(), p.pos()
		level := precedence[op]
		if level == 0 || level <= min {
			return x
		}
		p.next()
		x = Binary{op, x, p.expression(level), pos}
	}
}

func (p *parser) operand() Expr {
	pos := p.pos()
	t := p.peek()
	switch {
	case p.accept("-"):
		return Unary{"-", p.operand(), pos}
	case p.accept("("):
		x := p.expression(0)
		p.expect(")")
		return x
	case t != "" && isDigit(t[0]):
		p.next()
		if strings.Contains(t, ".") {
			f, err := strconv.ParseFloat(t, 64)
			if err != nil {
				fail(pos, "%q is not a number", t)
			}
			return FloatLit{f, pos}
		}
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			fail(pos, "%q is not a number", t)
		}
		return IntLit{n, pos}
	}
	name := p.name()
	if p.peek() == "(" {
		return p.call(name, pos)
	}
	return Var{name, pos}
}

func (p *parser) call(name string, pos Pos) Expr {
	p.expect("(")
	call := Call{Name: name, Pos: pos}
	for !p.accept(")") {
		call.Args = append(call.Args, p.expression(0))
		if p.peek() != ")" {
			p.expect(",")
		}
	}
	return call
}
