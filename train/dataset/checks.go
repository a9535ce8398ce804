package dataset

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-gl/mathgl/mgl64"
)

// checkNames refuses an image that two views have, and warns of names that some systems take for one.
func (s *Set) checkNames(files []string) error {
	byFile := make(map[string]int, len(files))
	byName := make(map[string]int, len(files))
	alike, example := 0, ""
	for i, f := range files {
		f = filepath.Clean(f)
		if j, ok := byFile[f]; ok {
			if s.Views[i].Split != s.Views[j].Split {
				return fmt.Errorf("%s is both a training view and a test view: take it out of one", s.Views[i].Name)
			}
			return fmt.Errorf("%s has two cameras: take one of them out", s.Views[i].Name)
		}
		byFile[f] = i
		lower := strings.ToLower(f)
		if j, ok := byName[lower]; ok {
			if alike == 0 {
				example = s.Views[j].Name + " and " + s.Views[i].Name
			}
			alike++
		} else {
			byName[lower] = i
		}
	}
	if alike > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d images have the name of another but for upper and lower case, such as %s: on some systems they are one file", alike, len(files), example))
	}
	return nil
}

// Two views are taken from one place where their cameras are no farther apart than this.
const (
	samePlace = 1e-4                 // of the scene's radius
	sameTurn  = 0.05 * math.Pi / 180 // the angle between one camera and the other

	maxNear = 1000 // views that one is compared with
)

// checkPoses refuses cameras that are all the same, and warns of those that are nearly the same as another: of a
// training view, that is; two test views may be. The Frame and the split must be there.
func (s *Set) checkPoses() error {
	n := len(s.Views)
	if n < 2 {
		return nil
	}
	switch place, turn := s.alike(); {
	case place && turn:
		return fmt.Errorf("all %d cameras are at one place and look in one direction: these are not the poses of the photographs", n)
	case place:
		s.Warnings = append(s.Warnings, fmt.Sprintf("all %d cameras stand at one place: nothing tells how far things are, expect pictures from there and no depth", n))
	}

	// Where two poses are the same, so nearly are their projections on any one direction of the space of places
	// and axes: at most 1 of each kind apart, in units of what is the same. Views are compared with those before
	// them in that order. The directions are such that cameras on a grid, line or circle do not share them.
	place := mgl64.Vec3{0.5377, -0.6213, 0.5699}.Normalize()
	turn := mgl64.Vec3{-0.3183, 0.7531, 0.5757}.Normalize()
	type key struct {
		at   float64
		view int
	}
	keys := make([]key, n)
	within := samePlace * s.Frame.Radius
	for i := range keys {
		p := &s.Views[i].Camera.Pose
		keys[i] = key{place.Dot(p.Pos)/within + turn.Dot(p.Forward())/sameTurn, i}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.view, b.view)) })
	same, first := 0, [2]int{n, n}
	for i := range keys {
		for j := i - 1; j >= max(0, i-maxNear) && keys[i].at-keys[j].at <= 2; j-- {
			a, b := keys[j].view, keys[i].view
			if (s.Views[a].Split == Train || s.Views[b].Split == Train) && s.samePose(a, b, within) {
				same++
				if a, b = min(a, b), max(a, b); a < first[0] || a == first[0] && b < first[1] {
					first = [2]int{a, b}
				}
				break
			}
		}
	}
	if same > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d views have the pose of another, such as %s that of %s: they add little, and held out they measure little",
			same, n, s.Views[first[1]].Name, s.Views[first[0]].Name))
	}
	return nil
}

func (s *Set) samePose(i, j int, within float64) bool {
	return s.Views[i].Camera.Pose.Pos.Sub(s.Views[j].Camera.Pose.Pos).Len() <= within && s.looksAlike(i, j)
}

func (s *Set) looksAlike(i, j int) bool {
	a, b := &s.Views[i].Camera.Pose.Rot, &s.Views[j].Camera.Pose.Rot
	// |A − B|² = 2·(3 − trace AᵀB) = 4·(1 − cos θ) = 8·sin²(θ/2), which is exact for small angles.
	d2 := 0.0
	for k := range a {
		d := a[k] - b[k]
		d2 += d * d
	}
	return d2 <= 2*sameTurn*sameTurn
}

// alike says whether all cameras are at one place, and whether they look in one direction, but for rounding. The scene's
// radius says nothing then.
func (s *Set) alike() (place, turn bool) {
	first := s.Views[0].Camera.Pose
	within := 1e-9 * (1e-3 + first.Pos.Len())
	place, turn = true, true
	for i := range s.Views {
		place = place && s.Views[i].Camera.Pose.Pos.Sub(first.Pos).Len() <= within
		turn = turn && s.looksAlike(0, i)
	}
	return place, turn
}

// A view is out of focus where both its fine detail and the ratio of that to its coarse detail, which is eight times
// as large, are less than a fifth of what they are in the median view. A white wall lacks detail of either size; out
// of focus it is the fine one that goes. Of 507 photographs and renderings of five scenes, at full size and scaled
// down, none is near both limits: the least ratio is 0.21, of a set with no less than 0.23 of the detail, and the least
// detail 0.08, of one with no ratio under 0.37. Brought out of focus by a disc of 7 pixels across, the most has 0.16 of
// the detail and a ratio of 0.19; by one of 11 pixels, 0.07 and 0.17.
const (
	blurred   = 0.2
	blurViews = 5  // and more: fewer have no median to speak of
	blurSide  = 64 // pixels, and more
)

// checkFocus warns of photographs that are out of focus. It needs their pixels; the error is that of ctx.
func (s *Set) checkFocus(ctx context.Context, workers int) error {
	n := len(s.Views)
	if n < blurViews {
		return nil
	}
	fine, ratio := make([]float64, n), make([]float64, n)
	err := forEach(ctx, n, workers, func(i int) error {
		fine[i], ratio[i] = detail(&s.Views[i])
		return nil
	})
	if err != nil {
		return err
	}
	median := func(x []float64) float64 {
		x = slices.Clone(x)
		slices.Sort(x)
		return x[len(x)/2]
	}
	fineLimit, ratioLimit := blurred*median(fine), blurred*median(ratio)
	count, example := 0, ""
	for i := range s.Views {
		if fine[i] < fineLimit && ratio[i] < ratioLimit {
			if count == 0 {
				example = s.Views[i].Name
			}
			count++
		}
	}
	if count > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d images are out of focus, such as %s: leave them out", count, n, example))
	}
	return nil
}

// detail returns the variance of the Laplacian of v's brightness, and its ratio to the same of the image at an eighth
// of the size, from bands of rows that are spread over the image. An image that is too small has none.
func detail(v *View) (fine, ratio float64) {
	const rows, bands = blurSide, 4
	w, h := v.Camera.Width, v.Camera.Height
	if w < blurSide || h < blurSide {
		return 0, 0
	}
	var full, eighth variance
	light := make([]int32, w*rows)
	n := min(bands, h/rows)
	for b := range n {
		top := (h*(2*b+1)/n - rows) / 2 // the band is in the middle of an n-th of the image
		for i := range light {
			p := v.Pix[4*(top*w+i):][:4]
			light[i] = (77*int32(p[0]) + 150*int32(p[1]) + 29*int32(p[2])) * int32(p[3]) >> 8 // 0 to 255²
		}
		full.laplacian(light, w, rows)
		eighth.laplacian(eighthOf(light, w, rows), w/8, rows/8)
	}
	fine = full.value()
	return fine, fine / max(eighth.value(), 1)
}

// eighthOf returns the means of squares of 8×8 pixels.
func eighthOf(m []int32, w, h int) []int32 {
	small := make([]int32, (w/8)*(h/8))
	for y := range h / 8 * 8 {
		out := small[y/8*(w/8):][:w/8]
		for x, c := range m[y*w:][:w/8*8] {
			out[x/8] += c
		}
	}
	for i := range small {
		small[i] /= 64
	}
	return small
}

// variance gathers numbers of which it is the variance.
type variance struct{ n, sum, square float64 }

// laplacian adds the Laplacian at all pixels of a w×h image but those of the border.
func (v *variance) laplacian(m []int32, w, h int) {
	var sum, square int64
	for y := 1; y < h-1; y++ {
		up, row, down := m[(y-1)*w:][:w], m[y*w:][:w], m[(y+1)*w:][:w]
		for x := 1; x < w-1; x++ {
			d := int64(row[x-1] + row[x+1] + up[x] + down[x] - 4*row[x])
			sum += d
			square += d * d
		}
	}
	v.n += float64((w - 2) * (h - 2))
	v.sum += float64(sum)
	v.square += float64(square)
}

func (v *variance) value() float64 {
	mean := v.sum / v.n
	return v.square/v.n - mean*mean
}

// foldedNames finds files whatever the case of the letters in their names. It holds, for each folder that was asked
// for, its names by their lower-case form; "" where several share it.
type foldedNames map[string]map[string]string

// find is findImage, with a name that may have letters of the other case.
func (c foldedNames) find(dir, name string) (file, found string, ok bool) {
	if filepath.IsAbs(filepath.FromSlash(name)) {
		return "", "", false
	}
	parts := strings.Split(path.Clean(name), "/")
	for i, part := range parts {
		names := c.names(filepath.Join(dir, filepath.FromSlash(path.Join(parts[:i]...))))
		lower := strings.ToLower(part)
		switch {
		case part == "..":
		case names[lower] != "":
			parts[i] = names[lower]
		case i < len(parts)-1:
			return "", "", false
		default:
			for _, e := range extensions {
				if n := names[lower+e]; n != "" {
					parts[i] = n
					break
				}
			}
		}
	}
	return findImage(dir, path.Join(parts...))
}

func (c foldedNames) names(dir string) map[string]string {
	if m, ok := c[dir]; ok {
		return m
	}
	entries, _ := os.ReadDir(dir) // a folder that cannot be read has no names
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		lower := strings.ToLower(e.Name())
		if _, ok := m[lower]; ok {
			m[lower] = ""
			continue
		}
		m[lower] = e.Name()
	}
	c[dir] = m
	return m
}
