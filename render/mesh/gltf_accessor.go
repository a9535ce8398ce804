package mesh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/qmuntal/gltf"
)

// components is how many numbers an element of an accessor has.
var components = map[gltf.AccessorType]int{
	gltf.AccessorScalar: 1, gltf.AccessorVec2: 2, gltf.AccessorVec3: 3, gltf.AccessorVec4: 4, gltf.AccessorMat4: 16,
}

// maxZeros bounds accessors that are all zero, which cost nothing in the file.
const maxZeros = 1 << 20

// accessor reads an accessor of elements with one of the wanted types: its numbers, element by element, and how many each
// has. Integers that are normalized become numbers in [−1, 1].
func (f *file) accessor(i int, types ...gltf.AccessorType) (numbers []float32, n int, err error) {
	if i < 0 || i >= len(f.Accessors) || f.Accessors[i] == nil {
		return nil, 0, fmt.Errorf("there is no accessors[%d]", i)
	}
	a := f.Accessors[i]
	wrong := func(format string, args ...any) ([]float32, int, error) {
		return nil, 0, fmt.Errorf("accessors[%d]: %w", i, fmt.Errorf(format, args...))
	}
	for _, t := range types {
		if a.Type == t {
			n = components[t]
		}
	}
	switch {
	case n == 0:
		return wrong("its type is not one that is wanted there")
	case a.Count < 1:
		return wrong("count is %d", a.Count)
	case a.BufferView == nil && a.Count > maxZeros:
		return wrong("count is %d, and there is no bufferView", a.Count)
	}
	if a.BufferView == nil {
		numbers = make([]float32, a.Count*n)
	} else if numbers, err = f.numbers(*a.BufferView, a.ByteOffset, a.ComponentType, n, a.Count, a.Normalized); err != nil {
		return wrong("%w", err)
	}
	if s := a.Sparse; s != nil {
		at, err := f.numbers64(s.Indices.BufferView, s.Indices.ByteOffset, s.Indices.ComponentType, 1, s.Count, false)
		if err != nil {
			return wrong("sparse.indices: %w", err)
		}
		values, err := f.numbers(s.Values.BufferView, s.Values.ByteOffset, a.ComponentType, n, s.Count, a.Normalized)
		if err != nil {
			return wrong("sparse.values: %w", err)
		}
		for k, x := range at {
			if !(x >= 0 && x < float64(a.Count)) {
				return wrong("sparse.indices has %v, and there are %d elements", x, a.Count)
			}
			copy(numbers[int(x)*n:][:n], values[k*n:])
		}
	}
	for k, x := range numbers {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return wrong("element %d is not finite", k/n)
		}
	}
	return numbers, n, nil
}

// indices reads an accessor of whole numbers below limit.
func (f *file) indices(i, limit int) ([]uint32, error) {
	if i < 0 || i >= len(f.Accessors) || f.Accessors[i] == nil {
		return nil, fmt.Errorf("there is no accessors[%d]", i)
	}
	a := f.Accessors[i]
	if a.Type != gltf.AccessorScalar || a.BufferView == nil || a.Sparse != nil {
		return nil, fmt.Errorf("accessors[%d]: indices have to be scalars in a bufferView", i)
	}
	numbers, err := f.numbers64(*a.BufferView, a.ByteOffset, a.ComponentType, 1, a.Count, false)
	if err != nil {
		return nil, fmt.Errorf("accessors[%d]: %w", i, err)
	}
	out := make([]uint32, len(numbers))
	for k, x := range numbers {
		if !(x >= 0 && x < float64(limit)) {
			return nil, fmt.Errorf("accessors[%d]: index %v, and there are %d vertices", i, x, limit)
		}
		out[k] = uint32(x)
	}
	return out, nil
}

func (f *file) numbers(view, offset int, t gltf.ComponentType, n, count int, normalized bool) ([]float32, error) {
	return read[float32](f, view, offset, t, n, count, normalized)
}

func (f *file) numbers64(view, offset int, t gltf.ComponentType, n, count int, normalized bool) ([]float64, error) {
	return read[float64](f, view, offset, t, n, count, normalized)
}

// read reads count elements of n numbers.
func read[T float32 | float64](f *file, view, offset int, t gltf.ComponentType, n, count int, normalized bool) ([]T, error) {
	if view < 0 || view >= len(f.BufferViews) || f.BufferViews[view] == nil {
		return nil, fmt.Errorf("there is no bufferViews[%d]", view)
	}
	v := f.BufferViews[view]
	data, err := f.view(v)
	if err != nil {
		return nil, fmt.Errorf("bufferViews[%d]: %w", view, err)
	}
	one, get := component(t, normalized)
	if get == nil {
		return nil, errors.New("its componentType is not known")
	}
	size := one * n
	stride := v.ByteStride
	if stride == 0 {
		stride = size
	}
	// Nothing here overflows: a view is no longer than its buffer, which is in memory.
	if count < 1 || offset < 0 || stride < size || offset > len(data)-size || (len(data)-size-offset)/stride < count-1 {
		return nil, fmt.Errorf("%d elements of %d bytes at %d, %d bytes apart, do not fit into bufferViews[%d] with %d bytes", count, size, offset, stride, view, len(data))
	}
	out := make([]T, 0, count*n)
	for k := range count {
		element := data[offset+k*stride:]
		for c := range n {
			out = append(out, T(get(element[c*one:])))
		}
	}
	return out, nil
}

// view is the part of a buffer that a view is.
func (f *file) view(v *gltf.BufferView) ([]byte, error) {
	if v.Buffer < 0 || v.Buffer >= len(f.buffers) {
		return nil, fmt.Errorf("there is no buffers[%d]", v.Buffer)
	}
	data := f.buffers[v.Buffer]
	if v.ByteOffset < 0 || v.ByteLength < 0 || v.ByteStride < 0 || v.ByteOffset > len(data) || v.ByteLength > len(data)-v.ByteOffset {
		return nil, fmt.Errorf("%d bytes at %d are not in buffers[%d], which has %d", v.ByteLength, v.ByteOffset, v.Buffer, len(data))
	}
	return data[v.ByteOffset:][:v.ByteLength], nil
}

// component is the size in bytes of a number, and how to read it.
func component(t gltf.ComponentType, normalized bool) (size int, get func([]byte) float64) {
	whole := func(size int, most float64, get func([]byte) float64) (int, func([]byte) float64) {
		if !normalized {
			return size, get
		}
		return size, func(b []byte) float64 { return max(get(b)/most, -1) }
	}
	le := binary.LittleEndian
	switch t {
	case gltf.ComponentByte:
		return whole(1, math.MaxInt8, func(b []byte) float64 { return float64(int8(b[0])) })
	case gltf.ComponentUbyte:
		return whole(1, math.MaxUint8, func(b []byte) float64 { return float64(b[0]) })
	case gltf.ComponentShort:
		return whole(2, math.MaxInt16, func(b []byte) float64 { return float64(int16(le.Uint16(b))) })
	case gltf.ComponentUshort:
		return whole(2, math.MaxUint16, func(b []byte) float64 { return float64(le.Uint16(b)) })
	case gltf.ComponentUint:
		return whole(4, math.MaxUint32, func(b []byte) float64 { return float64(le.Uint32(b)) })
	case gltf.ComponentFloat:
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }
	}
	return 0, nil
}
