package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// Flags whose values are more than a word or a number. Each has String, Set and Type, as pflag wants.

// Size is a picture's width and height in pixels, written 800x600.
type Size struct{ W, H int }

func (s *Size) String() string { return fmt.Sprintf("%dx%d", s.W, s.H) }
func (s *Size) Type() string   { return "WxH" }

func (s *Size) Set(text string) error {
	ws, hs, ok := strings.Cut(strings.ToLower(text), "x")
	w, err1 := strconv.Atoi(ws)
	h, err2 := strconv.Atoi(hs)
	if !ok || err1 != nil || err2 != nil {
		return errors.New("want width and height in pixels, as 800x600")
	}
	if err := plucker.CheckSize(w, h); err != nil {
		return err
	}
	*s = Size{w, h}
	return nil
}

// Background is a colour, written white, black or #rrggbb.
type Background [3]float32

func (b *Background) Type() string { return "COLOUR" }

func (b *Background) String() string {
	switch *b {
	case Background{1, 1, 1}:
		return "white"
	case Background{}:
		return "black"
	}
	var bytes [3]int
	for i, v := range b {
		bytes[i] = int(math.Round(float64(v) * 255))
	}
	return fmt.Sprintf("#%02x%02x%02x", bytes[0], bytes[1], bytes[2])
}

func (b *Background) Set(text string) error {
	switch text {
	case "white":
		*b = Background{1, 1, 1}
		return nil
	case "black":
		*b = Background{}
		return nil
	}
	hex, ok := strings.CutPrefix(text, "#")
	n, err := strconv.ParseUint(hex, 16, 32)
	if !ok || len(hex) != 6 || err != nil {
		return errors.New("want white, black or #rrggbb")
	}
	*b = Background{float32(n>>16) / 255, float32(n>>8&0xff) / 255, float32(n&0xff) / 255}
	return nil
}

// Orbit is where a camera stands around the scene, written AZ,EL or AZ,EL,DIST.
type Orbit struct{ render.Orbit }

func (o *Orbit) Type() string   { return "AZ,EL[,DIST]" }
func (o *Orbit) String() string { return fmt.Sprintf("%g,%g", o.AzDeg, o.ElDeg) }

func (o *Orbit) Set(text string) error {
	fields := strings.Split(text, ",")
	if len(fields) != 2 && len(fields) != 3 {
		return errors.New("want azimuth and elevation in degrees and perhaps a distance in scene radii, as 30,20,3")
	}
	var x [3]float64
	for i, f := range fields {
		var err error
		if x[i], err = strconv.ParseFloat(strings.TrimSpace(f), 64); err != nil {
			return fmt.Errorf("%q is not a number", f)
		}
	}
	if len(fields) == 3 && x[2] == 0 {
		return errors.New("the distance is 0, want it in scene radii, such as 3")
	}
	o.AzDeg, o.ElDeg, o.Dist = x[0], x[1], x[2]
	return o.Validate()
}

// Focus is what a picture with an aperture has sharp: a distance, written DIST, or what a pixel shows, written X,Y.
type Focus struct {
	Dist float64 // along the viewing axis, in the world; 0 where it is a pixel, or not given
	X, Y int
}

func (f *Focus) Type() string { return "DIST|X,Y" }

func (f *Focus) String() string {
	switch {
	case f.Dist != 0:
		return fmt.Sprintf("%g", f.Dist)
	case f.X != 0 || f.Y != 0:
		return fmt.Sprintf("%d,%d", f.X, f.Y)
	}
	return ""
}

func (f *Focus) Set(text string) error {
	if xs, ys, ok := strings.Cut(text, ","); ok {
		x, err1 := strconv.Atoi(strings.TrimSpace(xs))
		y, err2 := strconv.Atoi(strings.TrimSpace(ys))
		if err1 != nil || err2 != nil || x < 0 || y < 0 {
			return errors.New("want a pixel, as 120,80, or a distance from the camera")
		}
		*f = Focus{X: x, Y: y}
		return nil
	}
	d, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return errors.New("want a distance from the camera, as 3.5, or a pixel, as 120,80")
	}
	if !(d > 0) || math.IsInf(d, 0) {
		return errors.New("want a distance in front of the camera, above 0")
	}
	*f = Focus{Dist: d}
	return nil
}

// Interval is two different numbers, written FROM,TO; both are 0 where it was not given.
type Interval struct{ From, To float64 }

func (r *Interval) Type() string { return "FROM,TO" }

func (r *Interval) String() string {
	if *r == (Interval{}) {
		return ""
	}
	return fmt.Sprintf("%g,%g", r.From, r.To)
}

func (r *Interval) Set(text string) error {
	from, to, _ := strings.Cut(text, ",")
	a, err1 := strconv.ParseFloat(strings.TrimSpace(from), 64)
	b, err2 := strconv.ParseFloat(strings.TrimSpace(to), 64)
	if err1 != nil || err2 != nil || a == b || !(math.Abs(a) <= 1e12 && math.Abs(b) <= 1e12) {
		return errors.New("want two different numbers, as 2,5")
	}
	*r = Interval{a, b}
	return nil
}

// Word is one of a few words.
type Word struct {
	Value string
	Of    []string
}

func (w *Word) String() string { return w.Value }
func (w *Word) Type() string   { return strings.Join(w.Of, "|") }

func (w *Word) Set(text string) error {
	for _, o := range w.Of {
		if text == o {
			w.Value = o
			return nil
		}
	}
	return fmt.Errorf("want %s", strings.Join(w.Of, ", "))
}

// Flag adds the word to the flags of a command, with completion.
func (w *Word) Flag(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(w, name, usage)
	cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(w.Of, cobra.ShellCompDirectiveNoFileComp))
}

// Natural is a whole number from 1 on; 0 is a flag that was not given.
type Natural int

func (n *Natural) String() string { return strconv.Itoa(int(*n)) }
func (n *Natural) Type() string   { return "int" }

func (n *Natural) Set(text string) error {
	x, err := strconv.Atoi(text)
	if err != nil || x < 1 {
		return errors.New("want a whole number, 1 or more")
	}
	*n = Natural(x)
	return nil
}

// Numbers are whole numbers, 0 or more, each given or in a range from one to another. A flag that is repeated has those of all.
type Numbers []int

func (n *Numbers) Type() string { return "numbers" }

func (n *Numbers) String() string {
	var texts []string
	for _, x := range *n {
		texts = append(texts, strconv.Itoa(x))
	}
	return strings.Join(texts, ",")
}

func (n *Numbers) Set(text string) error {
	const most = 1e5 // in a range
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.ParseUint(strings.TrimSpace(low), 10, 31)
		to, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 31)
		if err != nil || err2 != nil || to < from || to-from >= most {
			return errors.New("want numbers with commas, or a range of them, as 0,5 or 0-7")
		}
		for i := from; i <= to; i++ {
			all = append(all, int(i))
		}
	}
	*n = append(*n, all...)
	return nil
}

// Samples is how many rays a side of a pixel has; 0 is as many as the picture needs.
type Samples int

func (s *Samples) Type() string { return "auto|N" }

func (s *Samples) String() string {
	if *s == 0 {
		return "auto"
	}
	return strconv.Itoa(int(*s))
}

func (s *Samples) Set(text string) error {
	if text == "auto" {
		text = "0"
	}
	x, err := strconv.Atoi(text)
	if err != nil || x < 0 || x > 16 {
		return errors.New("want 1 to 16, or auto, which is 0")
	}
	*s = Samples(x)
	return nil
}

// Flag adds --samples to the flags of a command.
func (s *Samples) Flag(cmd *cobra.Command) {
	cmd.Flags().Var(s, "samples", "N×N rays a pixel; auto: more than one where pixels are coarser than those of the photographs")
}

// Options are those of pictures of m.
func (s Samples) Options(m *lfn.Model) render.Options {
	return render.Options{Samples: int(s), Detail: render.Detail(m)}
}
