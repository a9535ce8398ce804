package viewer

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
	"lfnview/render/look"
	"lfnview/train"
	"lfnview/train/dataset"
)

// Options say what the window shows first, and how.
type Options struct {
	Model *lfn.Model // nil where Train makes one
	Prior *lfn.Prior // that Model is the first instance of; nil where it is no prior's
	Name  string     // of the file, for the window's title

	Warnings []string // the first messages

	Photograph string         // what it shows is reconstructed with Prior; "" for none
	Cutout     dataset.Cutout // what in Photograph is background; the colour is that of those that are opened later, too

	Data     string // data set with the photographs; "" is the one that the model remembers
	OpenData func(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error)

	Train *train.Run // is run beside the window, which shows its network; nil for none

	Show look.Mode // what of the scene, at first

	Device    string // auto, cpu or gpu
	Precision gpu.Precision
	Cache     string // as of gpu.Options

	Camera     *plucker.Camera // where the first view is from; nil is where all of the scene is seen
	Path       *render.Path    // a camera path to begin with
	PathFile   string          // that Path is from
	Size       [2]int          // of the window, in screen units; zero is that of the last time
	Fullscreen bool
	NoUI       bool // no panels

	// Frames is how many frames are rendered along Path, or once around the scene, at the window's full size and as
	// fast as can be; Timing gets what that took, and the window closes.
	Frames int
	Timing func(Timing)

	// Warn gets the warnings that no window shows: those with NoUI or Frames, and those that come when it has closed.
	Warn func(text string)

	// DisplayLost is called when the display has gone away, after a network in training was saved; err says how that
	// went. The process ends when it returns.
	DisplayLost func(err error)

	Config  string    // folder of the settings; "" remembers nothing
	Started time.Time // when the program did
	Events  io.Writer // gets one JSON object a line of what happens; nil for none
}

// Timing is what [Options.Frames] frames took, from one picture on the screen to the next.
type Timing struct {
	Device    string  `json:"device"` // cpu or gpu
	Name      string  `json:"name"`
	Precision string  `json:"precision"`
	Show      string  `json:"show"`
	Size      [2]int  `json:"size"`
	Frames    int     `json:"frames"`
	FrameMs   float64 `json:"ms_per_frame"` // median
	MeanMs    float64 `json:"mean_ms"`
	P99Ms     float64 `json:"p99_ms"`
	MaxMs     float64 `json:"max_ms"`
	FPS       float64 `json:"fps"` // of the mean
	RaysPerS  float64 `json:"rays_per_s"`
	TFLOPS    float64 `json:"tflops"`    // of the dense layers
	RenderMs  float64 `json:"render_ms"` // of the device, for the picture alone: median
	PanelsMs  float64 `json:"panels_ms"` // building and handing over the panels: mean of all frames
}

// Open reads a model, or a prior and the model of its first instance.
func Open(file string) (*lfn.Model, *lfn.Prior, error) {
	if !strings.EqualFold(filepath.Ext(file), ".prior") && !lfn.IsPrior(file) {
		m, err := lfn.Open(file)
		return m, nil, err
	}
	p, err := lfn.OpenPrior(file)
	if err != nil {
		return nil, nil, err
	}
	return p.Model(p.Latent(0), p.ClassOf(0)), p, nil
}

// ErrNotBuilt says that windows were left out when the program was built.
var ErrNotBuilt = errors.New("viewer: this program was built without windows: build it with CGO_ENABLED=1, a C++ compiler and the headers of X11 and OpenGL, see README.md")
