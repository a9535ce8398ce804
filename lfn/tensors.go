package lfn

import "io"

// WriteTensors writes a safetensors file of float32 tensors and strings that is not a model, such as the
// state of a training run. The same arguments give the same bytes.
func WriteTensors(w io.Writer, metadata map[string]string, ts []Tensor) error {
	parts := make([]part, len(ts))
	for i, t := range ts {
		parts[i] = part{name: t.Name, dtype: "F32", shape: t.Shape, floats: t.Data}
	}
	return writeSafetensors(w, metadata, parts)
}

// ReadTensors reads what [WriteTensors] wrote from the file at path. prepare gets the strings and returns the
// tensors to fill: those of the file, no more and no fewer, each of its shape. It should not take more memory
// than the size of the file bears out. The error is a [*FormatError] where the file is not whole and sound.
func ReadTensors(path string, prepare func(metadata map[string]string) ([]Tensor, error)) error {
	f, size, err := openRegular(path)
	if err != nil {
		return reason(err)
	}
	defer f.Close()
	file, err := openSafetensors(f, size)
	if err != nil {
		return err
	}
	ts, err := prepare(file.metadata)
	if err != nil {
		return err
	}
	if len(file.tensors) != len(ts) {
		return formatErrorf(lenSize, "has %d tensors, want %d", len(file.tensors), len(ts))
	}
	for _, t := range ts {
		from, err := findTensor(file, t.Name, wide(t.Shape), "F32")
		if err != nil {
			return err
		}
		if err := file.floats(t.Data, from, 0); err != nil {
			return err
		}
	}
	return nil
}

// wide is a shape as a file has it.
func wide(shape []int) []int64 {
	w := make([]int64, len(shape))
	for i, d := range shape {
		w[i] = int64(d)
	}
	return w
}
