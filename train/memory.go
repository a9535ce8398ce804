package train

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"lfnview/lfn"
)

// memoryNeeded is about what a trainer takes beside the photographs, in bytes.
func memoryNeeded(o *Options) int64 {
	copies := 5 // weights, those of before, gradient, and the two moments
	if o.EMA > 0 {
		copies++
	}
	e := o.Config.Encoding
	params := int64(o.Config.Params())
	largest := int64(0) // grid, as it was before it is smoothed
	for _, side := range e.Grids {
		texels := int64(side * side * e.Slices(side))
		if e.Sparse(side) { // of what it may hold at most, and what it begins with
			held := max(int64(growShare*float64(texels)), lfn.DenseSide*lfn.DenseSide*lfn.DenseSide)
			params -= 4 * (texels - held)
			texels = held
		}
		largest = max(largest, 16*texels)
	}
	need := 4*int64(copies)*params + largest
	if e.Kind == lfn.Grid || e.Kind == lfn.Volume {
		sample := 4 * int64(3+4*len(e.Grids))                             // of a sample: its place, and a derivative
		need += int64(o.Batch) * int64(e.Points) * sample                 // sorted for the grids
		need += 2 * sample * int64(e.Points) * int64(min(o.Batch, 1<<12)) // those at hand
	}
	return need
}

// CheckMemory refuses a run for which there is not the memory.
func CheckMemory(need, free int64) error {
	if free <= 0 || need <= free {
		return nil
	}
	gb := func(n int64) float64 { return float64(n) / 1e9 }
	return fmt.Errorf("to train this network takes %.1f GB of memory, and %.1f GB are free: take a smaller preset or batch", gb(need), gb(free))
}

// FreeMemory is what the system can give, in bytes; 0 where it does not say.
func FreeMemory() int64 {
	free := int64(0)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = field(string(text), "MemAvailable:") << 10
	}
	// A container may have less: cgroup v2, in which files that were read count as used until room is needed.
	const group = "/sys/fs/cgroup/memory."
	if limit := numberIn(group + "max"); limit > 0 {
		stat, _ := os.ReadFile(group + "stat")
		left := max(limit-numberIn(group+"current")+field(string(stat), "inactive_file"), 1)
		if free == 0 || left < free {
			free = left
		}
	}
	limits, _ := os.ReadFile("/proc/self/limits")
	status, _ := os.ReadFile("/proc/self/status")
	if left := addressSpace(string(limits), string(status)); left > 0 && (free == 0 || left < free) {
		free = left
	}
	return free
}

// addressSpace is what ulimit -v leaves to the process, in bytes, at least 1; 0 where there is no limit.
func addressSpace(limits, status string) int64 {
	limit := field(limits, "Max address space")
	if limit == 0 {
		return 0
	}
	return max(limit-field(status, "VmSize:")<<10, 1)
}

// field is the number behind a name at the begin of a line; 0 where there is none.
func field(text, name string) int64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				n, _ := strconv.ParseInt(f[0], 10, 64)
				return n
			}
		}
	}
	return 0
}

// numberIn is the number that is all of a file; 0 where there is none.
func numberIn(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}
