//go:build noasm || !amd64

package f32

func detect() {}
