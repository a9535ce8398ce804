package train

import (
	"context"
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
	var psnr [2]float64
	for i := range psnr {
		o := testOptions(300)
		o.Robust = i == 1
		tr := newTrainer(t, set, o)
		if err := tr.Run(context.Background(), nothing); err != nil {
			t.Fatal(err)
		}
		psnr[i] = heldOut(t, tr)
	}
	t.Logf("%.2f dB, robust %.2f dB", psnr[0], psnr[1])
	if psnr[1] < psnr[0]+0.5 {
		t.Errorf("held-out views have %.2f dB, and %.2f in a robust run; want 0.5 dB more", psnr[0], psnr[1])
	}
}
