package prior

import (
	"fmt"
	"math"
	"time"

	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// Options say how a prior is trained. The zero value of a field means what its comment says.
type Options struct {
	Preset string          `json:"preset"` // name of the configuration, for the record
	Config lfn.HyperConfig `json:"config"`

	// The run ends after Steps updates or after Time, whichever comes first; 0 is no limit, but one of them
	// must be there. A run with Steps alone gives the same prior for the same seed.
	Steps int           `json:"steps"`
	Time  time.Duration `json:"time"`

	Scenes     int     `json:"scenes"`     // instances of an update; 0 means [DefaultScenes]; not more than there are
	Rays       int     `json:"rays"`       // of each of them; 0 means [DefaultRays]
	LR         float64 `json:"lr"`         // highest learning rate of the hypernetwork; 0 means [DefaultLR] of the configuration
	LatentLR   float64 `json:"latent_lr"`  // that of the latents; 0 means [DefaultLatentLR]
	Regularize float64 `json:"regularize"` // weight of the mean square of latents; 0 means [DefaultRegularize], a negative number none
	Seed       uint64  `json:"seed"`

	Background [3]float32 `json:"background"` // sRGB in [0, 1], behind transparent pixels

	StartSize int `json:"start_size,omitempty"` // pixels of the longer side of photographs in the first [StartShare] of a run; 0: as they are

	View  dataset.Options `json:"-"` // at which size photographs are read
	Cache int64           `json:"-"` // bytes that photographs may take; 0 means a quarter of what is free, at most 4 GiB
}

const (
	DefaultScenes     = 32
	DefaultRays       = 128
	DefaultLatentLR   = 1e-2
	DefaultRegularize = 100 // as the authors' LFLoss has it

	StartShare = 0.25 // of a run, with photographs of Options.StartSize

	maxScenes = 1 << 12
	maxRays   = 1 << 16
	maxSteps  = 1e9 // of a reconstruction

	imageLoss = 200 // weight of the mean squared error of colours in [−1, 1]
)

// DefaultLR is the highest learning rate for hypernetworks of that shape.
func DefaultLR(c lfn.HyperConfig) float64 {
	switch {
	case c.Conditioning == lfn.HyperFull || c.Network.Activation == lfn.Sine:
		return 1e-4 // the authors'
	case c.Conditioning == lfn.HyperLowRank:
		return 2e-3
	}
	return 5e-3
}

// decay is the weight decay of hypernetworks of that shape. Without it unseen scenes are guessed 1 dB worse, and in long
// runs ever worse: see bench/quality.md.
func decay(c lfn.HyperConfig) float64 {
	switch {
	case c.Conditioning != lfn.HyperFilm:
		return 0 // as the authors have it
	case len(c.Basis) > 0:
		return 0.03
	}
	return 0.1
}

// Validate says what is wrong with o.
func (o Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

// withDefaults fills in the zero values and says what is wrong with o.
func (o Options) withDefaults() (Options, error) {
	if o.Scenes == 0 {
		o.Scenes = DefaultScenes
	}
	if o.Rays == 0 {
		o.Rays = DefaultRays
	}
	if o.LR == 0 {
		o.LR = DefaultLR(o.Config)
	}
	if o.LatentLR == 0 {
		o.LatentLR = DefaultLatentLR
	}
	if o.Regularize == 0 {
		o.Regularize = DefaultRegularize
	}
	switch {
	case o.Scenes < 1 || o.Scenes > maxScenes:
		return o, fmt.Errorf("%d instances an update, want 1 to %d", o.Scenes, maxScenes)
	case o.Rays < 1 || o.Rays > maxRays:
		return o, fmt.Errorf("%d rays of an instance, want 1 to %d", o.Rays, maxRays)
	case o.StartSize < 0 || o.View.MaxSize > 0 && o.StartSize >= o.View.MaxSize:
		return o, fmt.Errorf("photographs of %d pixels at first, want fewer than later", o.StartSize)
	case o.Cache < 0:
		return o, fmt.Errorf("%d bytes for photographs, want 0 or more", o.Cache)
	case math.IsNaN(o.Regularize) || math.IsInf(o.Regularize, 0):
		return o, fmt.Errorf("weight of the latents is %v, want a finite number", o.Regularize)
	}
	if err := train.CheckOptions(o.Steps, o.Time, o.Background, o.LR, o.LatentLR); err != nil {
		return o, err
	}
	return o, o.Config.Validate()
}
