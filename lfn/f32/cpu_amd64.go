//go:build !noasm

package f32

import "golang.org/x/sys/cpu"

func detect() {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return
	}
	impls = append(impls, "avx2")
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
		impls = append(impls, "avx512")
	}
}
