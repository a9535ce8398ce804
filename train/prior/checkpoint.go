package prior

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"time"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// state is what a checkpoint holds beside tensors. Those are the hypernetwork's and the latents, and "m." and "v." of each.
type state struct {
	Version int           `json:"version"`
	Options Options       `json:"options"`
	Data    string        `json:"data"` // fingerprint of the instances
	Step    int           `json:"step"`
	Elapsed time.Duration `json:"elapsed"`
	Loss    float64       `json:"loss"`
}

const (
	stateKey     = "lfn-prior-training"
	stateVersion = 1
)

// tensors are all that changes in a run.
func (t *Trainer) tensors() []lfn.Tensor {
	latents := lfn.Tensor{Name: "latents", Shape: []int{len(t.instances), t.options.Config.Latent}, Data: t.prior.Latents}
	own := append(t.prior.Hyper.Tensors(), latents)
	moments := append(slices.Clone(t.moments), t.latentMoments)
	ts := slices.Clone(own)
	for i, x := range own {
		ts = append(ts,
			lfn.Tensor{Name: "m." + x.Name, Shape: x.Shape, Data: moments[i][0]},
			lfn.Tensor{Name: "v." + x.Name, Shape: x.Shape, Data: moments[i][1]})
	}
	return ts
}

// Save writes a checkpoint to the file at path by way of [lfn.WriteFile]. A run that goes on from it, see [Resume], ends with
// the very prior that it would have had without a stop.
func (t *Trainer) Save(path string) error {
	text, err := json.Marshal(state{stateVersion, t.options, t.fingerprint(), t.step, t.elapsed, t.loss})
	if err == nil {
		err = lfn.WriteFile(path, func(w io.Writer) error {
			return lfn.WriteTensors(w, map[string]string{stateKey: string(text)}, t.tensors())
		})
	}
	if err != nil {
		return fmt.Errorf("prior: checkpoint: %w", err)
	}
	return nil
}

// Resume makes a trainer that goes on from the checkpoint at path. The instances and the options must be those of the run
// before, but that it may last longer or less long.
func Resume(path string, class *dataset.Class, o Options) (*Trainer, error) {
	t, err := resume(path, class, o)
	if err != nil {
		if t != nil {
			t.Close()
		}
		return nil, fmt.Errorf("prior: resume from %s: %w", path, err)
	}
	return t, nil
}

func resume(path string, class *dataset.Class, o Options) (t *Trainer, err error) {
	err = lfn.ReadTensors(path, func(metadata map[string]string) ([]lfn.Tensor, error) {
		text, ok := metadata[stateKey]
		if !ok {
			return nil, errors.New("is not a checkpoint of a prior")
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
		if t, err = New(class, o); err != nil {
			return nil, err
		}
		if s.Data != t.fingerprint() {
			return nil, errors.New("the instances, or the size at which they are read, are not those of the run before: take the same, or train anew")
		}
		if err := sameOptions(s.Options, t.options); err != nil {
			return nil, err
		}
		t.step, t.elapsed, t.loss = s.Step, s.Elapsed, s.Loss
		return t.tensors(), nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no checkpoint: the run has ended, or never began; train anew")
	}
	return t, err
}

// sameOptions says which option differs between the run before and now; its length may.
func sameOptions(before, now Options) error {
	before.Steps, before.Time, before.View, before.Cache = now.Steps, now.Time, now.View, now.Cache
	b, n := reflect.ValueOf(before), reflect.ValueOf(now)
	for i := range b.NumField() {
		if x, y := b.Field(i).Interface(), n.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			return fmt.Errorf("%s was %v in the run before and is %v now: leave it as it was, or train anew",
				strings.ToLower(b.Type().Field(i).Name), x, y)
		}
	}
	return nil
}

// fingerprint tells classes apart: by the names of the training instances, and the cameras of some. Photographs are not read
// for it.
func (t *Trainer) fingerprint() string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	e := json.NewEncoder(h)
	e.Encode(t.prior.Instances)
	e.Encode(t.prior.Scene)
	e.Encode(t.prior.Cameras)
	return fmt.Sprintf("%016x", h.Sum64())
}
