package train

import (
	"encoding/json"
	"fmt"
	"hash/crc64"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// tensors are all that changes in a run: the network's, "average." and "m." and "v." of each, "gains" of the photographs,
// "twists" of the cameras where they are refined, and "zoom" of their lens where that is.
func (t *Trainer) tensors() []lfn.Tensor {
	own := t.network.Tensors()
	ts := append(own, t.adam.Moments(own)...)
	for _, x := range t.averageTensors {
		ts = append(ts, lfn.Tensor{Name: "average." + x.Name, Shape: x.Shape, Data: x.Data})
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

func (t *Trainer) checkpoint() *Checkpoint {
	return &Checkpoint{Kind: "model", Key: "lfn-training", Version: 3, Options: t.options, Data: fingerprint(t.set), Rounds: &t.rounds, Tensors: t.tensors(),
		Grown: t.live(), Grow: t.growAgain}
}

// Save writes a checkpoint to the file at path by way of [lfn.WriteFile]. A run that goes on from it, see
// [Resume], ends with the very network that it would have had without a stop.
func (t *Trainer) Save(path string) error {
	if err := t.checkpoint().Save(path); err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	return nil
}

// Resume makes a trainer that goes on from the checkpoint at path. The data set and the options must be those
// of the run before, but that it may last longer or less long.
func Resume(path string, set *dataset.Set, o Options) (*Trainer, error) {
	t, err := New(set, o)
	if err != nil {
		return nil, err
	}
	if err := t.checkpoint().Open(path); err != nil {
		t.Close()
		return nil, fmt.Errorf("train: resume from %s: %w", path, err)
	}
	t.shrunk = t.rounds.Step - t.rounds.Step%t.spell()
	t.learner.FindEmptySpace()
	if t.lens != nil {
		t.applyLens()
	}
	if t.refiner != nil {
		t.refiner.apply()
	}
	return t, nil
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
