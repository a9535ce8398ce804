//go:build cgo && linux

package gpu

import (
	"fmt"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/shaders"
)

// peak measures what fused multiply-adds alone reach on the device, in FLOP/s. It runs on the context's thread.
func peak(half, wallClock bool) (float64, error) {
	text, flops := shaders.Peak(half)
	id := compile(text)
	defer gl.DeleteProgram(id)
	if log := linkLog(id); log != "" {
		return 0, fmt.Errorf("gpu: peak: %s", log)
	}
	var buffer, query uint32
	gl.GenBuffers(1, &buffer)
	gl.GenQueries(1, &query)
	defer gl.DeleteBuffers(1, &buffer)
	defer gl.DeleteQueries(1, &query)
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, buffer)
	gl.BufferData(gl.SHADER_STORAGE_BUFFER, 64*4, nil, gl.STATIC_DRAW)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, 0, buffer)
	gl.UseProgram(id)
	gl.Uniform2f(0, 0.999, 0.001)
	best := 0.0
	for groups, spent := uint32(1), 0.0; spent < 0.05 && groups < 1<<15; {
		s := timed(query, wallClock, func() { gl.DispatchCompute(groups, 1, 1) }).Seconds()
		spent += s
		if s > 0 {
			best = max(best, flops*float64(groups)*shaders.PeakInvocations/s)
		}
		if s < 0.005 {
			groups *= 2
		}
	}
	return best, nil
}
