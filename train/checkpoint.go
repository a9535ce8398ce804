package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"time"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// state is what a checkpoint holds beside tensors. Those are the network's, "average." and "m." and "v." of each,
// "gains" of the photographs, "twists" of the cameras where they are refined, and "zoom" of their lens where that is.
type state struct {
	Version int           `json:"version"`
	Options Options       `json:"options"`
	Data    string        `json:"data"` // fingerprint of the data set
	Step    int           `json:"step"`
	Elapsed time.Duration `json:"elapsed"`
	Loss    float64       `json:"loss"`
}

const (
	stateKey     = "lfn-training"
	stateVersion = 3
)

// tensors are all that changes in a run.
func (t *Trainer) tensors() []lfn.Tensor {
	ts := t.network.Tensors()
	for i, own := range t.network.Tensors() {
		ts = append(ts,
			lfn.Tensor{Name: "m." + own.Name, Shape: own.Shape, Data: t.moments[i][0]},
			lfn.Tensor{Name: "v." + own.Name, Shape: own.Shape, Data: t.moments[i][1]})
		if t.average != nil {
			ts = append(ts, lfn.Tensor{Name: "average." + own.Name, Shape: own.Shape, Data: t.averageTensors[i].Data})
		}
	}
	ts = append(ts, lfn.Tensor{Name: "gains", Shape: []int{len(t.pixels.views), 3}, Data: t.pixels.gains})
	if r := t.refiner; r != nil {
		ts = append(ts, lfn.Tensor{Name: "twists", Shape: []int{len(r.given), len(twist{})}, Data: r.twists})
	}
	if l := t.lens; l != nil {
		ts = append(ts, lfn.Tensor{Name: "zoom", Shape: []int{len(l.zoom)}, Data: l.zoom})
	}
	return ts
}

// Save writes a checkpoint to the file at path by way of [lfn.WriteFile]. A run that goes on from it, see
// [Resume], ends with the very network that it would have had without a stop.
func (t *Trainer) Save(path string) error {
	text, err := json.Marshal(state{stateVersion, t.options, fingerprint(t.set), t.step, t.elapsed, t.loss})
	if err == nil {
		err = lfn.WriteFile(path, func(w io.Writer) error {
			return lfn.WriteTensors(w, map[string]string{stateKey: string(text)}, t.tensors())
		})
	}
	if err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	return nil
}

// Resume makes a trainer that goes on from the checkpoint at path. The data set and the options must be those
// of the run before, but that it may last longer or less long.
func Resume(path string, set *dataset.Set, o Options) (*Trainer, error) {
	t, err := resume(path, set, o)
	if err != nil {
		return nil, fmt.Errorf("train: resume from %s: %w", path, err)
	}
	return t, nil
}

func resume(path string, set *dataset.Set, o Options) (t *Trainer, err error) {
	defer func() {
		if err != nil && t != nil {
			t.Close()
			t = nil
		}
	}()
	err = lfn.ReadTensors(path, func(metadata map[string]string) ([]lfn.Tensor, error) {
		text, ok := metadata[stateKey]
		if !ok {
			return nil, errors.New("is not a checkpoint")
		}
		var s state
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return nil, fmt.Errorf("%s: %w", stateKey, err)
		}
		if s.Version != stateVersion {
			return nil, fmt.Errorf("has version %d, want %d: train with the program that began, or anew", s.Version, stateVersion)
		}
		if s.Step < 1 || s.Elapsed < 0 || s.Loss < 0 {
			return nil, fmt.Errorf("has step %d, time %v, loss %v: train anew", s.Step, s.Elapsed, s.Loss)
		}
		if s.Data != fingerprint(set) {
			return nil, errors.New("the data set, or the size at which it is read, is not that of the run before: take the same, or train anew")
		}
		if t, err = New(set, o); err != nil {
			return nil, err
		}
		if err := sameOptions(s.Options, t.options); err != nil {
			return nil, err
		}
		t.step, t.elapsed, t.loss = s.Step, s.Elapsed, s.Loss
		t.shrunk = t.step - t.step%t.spell()
		return t.tensors(), nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no checkpoint: the run has ended, or never began; train anew")
	}
	if err == nil {
		t.learner.FindEmptySpace()
		if t.lens != nil {
			t.applyLens()
		}
		if t.refiner != nil {
			t.refiner.apply()
		}
	}
	return t, err
}

// sameOptions says which option differs between the run before and now; its length may.
func sameOptions(before, now Options) error {
	before.Steps, before.Time = now.Steps, now.Time
	b, n := reflect.ValueOf(before), reflect.ValueOf(now)
	for i := range b.NumField() {
		if x, y := b.Field(i).Interface(), n.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			return fmt.Errorf("%s was %v in the run before and is %v now: leave it as it was, or train anew",
				strings.ToLower(b.Type().Field(i).Name), x, y)
		}
	}
	return nil
}

// fingerprint tells data sets apart: cameras, splits and pixels.
func fingerprint(set *dataset.Set) string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	e := json.NewEncoder(h)
	e.Encode(set.Frame)
	for i := range set.Views {
		v := &set.Views[i]
		e.Encode(v.Camera)
		e.Encode(v.Split)
		h.Write(v.Pix)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
