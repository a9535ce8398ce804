package prior

import (
	"encoding/json"
	"fmt"
	"hash/crc64"

	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// tensors are all that changes in a run: the hypernetwork's and the latents, and "m." and "v." of each.
func (t *Trainer) tensors() []lfn.Tensor {
	latents := lfn.Tensor{Name: "latents", Shape: []int{len(t.instances), t.options.Config.Latent}, Data: t.prior.Latents}
	own := t.prior.Hyper.Tensors()
	ts := append(own, t.adam.Moments(own)...)
	return append(append(ts, latents), train.MomentsOf(latents, t.latentMoments)...)
}

func (t *Trainer) checkpoint() *train.Checkpoint {
	return &train.Checkpoint{Kind: "prior", Key: "lfn-prior-training", Version: 1, Options: t.options, Data: t.fingerprint(), Rounds: &t.rounds, Tensors: t.tensors()}
}

// Save writes a checkpoint to the file at path by way of [lfn.WriteFile]. A run that goes on from it, see [Resume], ends with
// the very prior that it would have had without a stop.
func (t *Trainer) Save(path string) error {
	if err := t.checkpoint().Save(path); err != nil {
		return fmt.Errorf("prior: checkpoint: %w", err)
	}
	return nil
}

// Resume makes a trainer that goes on from the checkpoint at path. The instances and the options must be those of the run
// before, but that it may last longer or less long.
func Resume(path string, class *dataset.Class, o Options) (*Trainer, error) {
	t, err := New(class, o)
	if err != nil {
		return nil, err
	}
	if err := t.checkpoint().Open(path); err != nil {
		t.Close()
		return nil, fmt.Errorf("prior: resume from %s: %w", path, err)
	}
	return t, nil
}

// fingerprint tells classes apart: by the names of the training instances, and the cameras of some. Photographs are not read
// for it.
func (t *Trainer) fingerprint() string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	e := json.NewEncoder(h)
	e.Encode(t.prior.Instances)
	for i := range t.prior.Classes {
		e.Encode(t.prior.Classes[i].Scene)
		e.Encode(t.prior.Classes[i].Cameras)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
