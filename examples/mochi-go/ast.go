package main

// Kind is a type of the language.
type Kind int

const (
	None Kind = iota
	Int
	Float
)

func (k Kind) String() string { return [...]string{"nothing", "int", "float"}[k] }

// clif is the CLIF type that values of the kind have.
func (k Kind) clif() string { return [...]string{"", "i64", "f64"}[k] }

// Func is a function; the statements outside all functions are the body of one called main.
type Func struct {
	Name   string
	Params []Param
	Result Kind
	Body   []Stmt
	Pos    Pos
}

type Param struct {
	Name string
	Kind Kind
}

type Stmt interface{ stmt() }

type (
	// Let declares a variable, or gives it a new value.
	Let struct {
		Name  string
		New   bool
		Value Expr
		Pos   Pos
	}
	If struct {
		Cond       Expr
		Then, Else []Stmt
	}
	While struct {
		Cond Expr
		Body []Stmt
	}
	Return struct {
		Value Expr // or nil
		Pos   Pos
	}
	// Print writes a value and a line end.
	Print struct{ Value Expr }
	// Do evaluates a call for its effect.
	Do struct{ Call Expr }
)

func (Let) stmt()    {}
func (If) stmt()     {}
func (While) stmt()  {}
func (Return) stmt() {}
func (Print) stmt()  {}
func (Do) stmt()     {}

type Expr interface{ pos() Pos }

type (
	IntLit struct {
		Value int64
		Pos   Pos
	}
	FloatLit struct {
		Value float64
		Pos   Pos
	}
	Var struct {
		Name string
		Pos  Pos
	}
	Unary struct {
		Op  string
		X   Expr
		Pos Pos
	}
	Binary struct {
		Op   string
		X, Y Expr
		Pos  Pos
	}
	Call struct {
		Name string
		Args []Expr
		Pos  Pos
	}
)

func (e IntLit) pos() Pos   { return e.Pos }
func (e FloatLit) pos() Pos { return e.Pos }
func (e Var) pos() Pos      { return e.Pos }
func (e Unary) pos() Pos    { return e.Pos }
func (e Binary) pos() Pos   { return e.Pos }
func (e Call) pos() Pos     { return e.Pos }
