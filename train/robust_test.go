package train

import (
	"math/rand/v2"
	"testing"

	"lfnview/train/dataset"
)

// occlude puts a rectangle of one colour, of a sixteenth of the picture, into a third of the training views.
func occlude(set *dataset.Set) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, i := range set.Split(dataset.Train) {
		v := &set.Views[i]
		w, h := v.Camera.Width, v.Camera.Height
		x0, y0 := w/8+rng.IntN(w/2), h/8+rng.IntN(h/2)
		color := [4]byte{byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256)), 255}
		for y := y0; i%3 == 0 && y < y0+h/4; y++ {
			for x := x0; x < x0+w/4; x++ {
				copy(v.Pix[4*(y*w+x):], color[:])
			}
		}
	}
}

// What stands before the scene in some photographs spoils less of a robust run.
func TestRobust(t *testing.T) {
	set := testSet(t)
	occlude(set)
	o := testOptions(300)
	before := psnr(t, set, o)
	o.Robust = true
	got := psnr(t, set, o)
	t.Logf("%.2f dB, robust %.2f dB", before, got)
	if got < before+0.5 {
		t.Errorf("held-out views have %.2f dB, and %.2f in a robust run; want 0.5 dB more", before, got)
	}
}
