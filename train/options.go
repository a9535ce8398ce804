package train

import (
	"errors"
	"fmt"
	"math"
	"time"

	"lfnview/lfn"
)

// Options say how a network is trained. The zero value of a field means what its comment says.
type Options struct {
	Preset string     `json:"preset"` // name of the configuration, for the record
	Config lfn.Config `json:"config"` // shape of the network

	// The run ends after Steps updates or after Time, whichever comes first; 0 is no limit, but one of them
	// must be there. A run with Steps alone gives the same network for the same seed.
	Steps int           `json:"steps"`
	Time  time.Duration `json:"time"`

	Batch int     `json:"batch"` // rays of an update; 0 means [DefaultBatch]
	LR    float64 `json:"lr"`    // highest learning rate of the dense layers; 0 means [DefaultLR] of the configuration
	Clip  float64 `json:"clip"`  // largest norm of the dense layers' gradient; 0 means 1, a negative number none
	EMA   float64 `json:"ema"`   // decay a step of the weights' average which is the result; 0 means the last weights are
	Seed  uint64  `json:"seed"`

	Robust        bool `json:"robust"`         // rays that are far off count less, such as of what moved between photographs
	SameExposure  bool `json:"same_exposure"`  // all photographs are of one exposure and white balance
	RefineLens    bool `json:"refine_lens"`    // correct the focal length that all cameras share; not of fresh rays
	RefineCameras bool `json:"refine_cameras"` // correct the training cameras' poses, by all pixels alike; not of fresh rays

	Background [3]float32 `json:"background"` // sRGB in [0, 1], behind transparent pixels
}

const (
	DefaultBatch = 4096

	maxBatch = 1 << 20
	maxSteps = 1e9
	maxTime  = 1000 * time.Hour
	warmUp   = 100  // steps over which the learning rate grows
	floorLR  = 0.02 // of the highest, at the end of the cosine
	farOff   = 0.1  // distance of colours, beyond which a ray counts less
)

// DefaultLR is the highest learning rate for networks of that shape.
func DefaultLR(c lfn.Config) float64 {
	switch {
	case c.Activation == lfn.Sine:
		return 1e-4
	case len(c.Encoding.Grids) > 0:
		return 4e-3
	}
	return 2e-3
}

// Validate says what is wrong with o.
func (o Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

// withDefaults fills in the zero values and says what is wrong with o.
func (o Options) withDefaults() (Options, error) {
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.LR == 0 {
		o.LR = DefaultLR(o.Config)
	}
	if o.Clip == 0 {
		o.Clip = 1
	}
	switch {
	case o.Batch < 1 || o.Batch > maxBatch:
		return o, fmt.Errorf("batch is %d, want 1 to %d", o.Batch, maxBatch)
	case math.IsNaN(o.Clip):
		return o, errors.New("clip is not a number")
	case !(o.EMA >= 0 && o.EMA < 1):
		return o, fmt.Errorf("average decay is %v, want 0 to less than 1", o.EMA)
	}
	if err := CheckOptions(o.Steps, o.Time, o.Background, o.LR); err != nil {
		return o, err
	}
	return o, o.Config.Validate()
}

// CheckOptions says what is wrong with options that every run has.
func CheckOptions(steps int, time time.Duration, background [3]float32, rates ...float64) error {
	switch {
	case steps < 0 || time < 0:
		return fmt.Errorf("steps %d, time %v: want neither below 0", steps, time)
	case steps > maxSteps || time > maxTime:
		return fmt.Errorf("steps %d, time %v: want at most %d and %v", steps, time, int(maxSteps), maxTime)
	case steps == 0 && time == 0:
		return errors.New("neither steps nor time end the run: set one of them")
	}
	for _, lr := range rates {
		if !(lr > 0 && lr <= 1) {
			return fmt.Errorf("learning rate is %v, want more than 0 and at most 1", lr)
		}
	}
	for _, v := range background {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("background has the value %v, want 0 to 1", v)
		}
	}
	return nil
}

// Rate is the share of the highest learning rate in a step, from 1, when fraction of the run is done: a linear warm-up, and
// [Fall].
func Rate(step int, fraction float64) float64 { return min(1, float64(step)/warmUp) * Fall(fraction) }

// Fall goes from 1 to floorLR by half a cosine.
func Fall(fraction float64) float64 {
	return floorLR + (1-floorLR)*0.5*(1+math.Cos(math.Pi*fraction))
}
