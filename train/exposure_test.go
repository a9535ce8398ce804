package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"lfnview/train/dataset"
)

// expose makes the photographs of set opaque, and multiplies the training views by gains whose mean is 1, which it returns.
func expose(set *dataset.Set) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	train := set.Split(dataset.Train)
	gains := make([]float32, 3*len(train))
	for c := range 3 {
		gains[len(gains)-3+c] = 1 // where they are not in pairs
		for k := range len(train) / 2 {
			d := 0.5 * (2*rng.Float32() - 1)
			gains[6*k+c], gains[6*k+3+c] = 1+d, 1-d
		}
	}
	for i := range set.Views {
		gain := []float32{1, 1, 1}
		if i < len(train) {
			gain = gains[3*i:]
		}
		pix := set.Views[i].Pix
		for k := 0; k < len(pix); k += 4 {
			a := float32(pix[k+3]) / 255
			for c := range 3 {
				pix[k+c] = byte(gain[c]*(a*float32(pix[k+c])+(1-a)*128)*0.6 + 0.5)
			}
			pix[k+3] = 255
		}
	}
	return gains
}

// heldOut is the PSNR of the held-out views.
func heldOut(t *testing.T, tr *Trainer) float64 {
	t.Helper()
	views, err := evaluate(context.Background(), tr.Model(""), tr.set, tr.set.Split(dataset.Test), nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewQuality(views).PSNRdB
}

// Photographs of different exposures teach about as well as ones of the same, and worse where that is not allowed for.
func TestExposures(t *testing.T) {
	set := testSet(t)
	want := expose(set)
	var psnr [2]float64
	for i := range psnr {
		o := testOptions(300)
		o.SameExposure = i == 0
		tr := newTrainer(t, set, o)
		if err := tr.Run(context.Background(), nothing); err != nil {
			t.Fatal(err)
		}
		psnr[i] = heldOut(t, tr)
		wrong, spread := 0.0, 0.0
		for k, gain := range tr.pixels.gains {
			if o.SameExposure && gain != 1 {
				t.Fatalf("gain %d is %v, want 1", k, gain)
			}
			wrong += math.Pow(float64(gain-want[k]), 2)
			spread += math.Pow(float64(want[k]-1), 2)
		}
		t.Logf("%.2f dB, %.2f of the spread of gains is left", psnr[i], math.Sqrt(wrong/spread))
		if !o.SameExposure && wrong > 0.25*spread {
			t.Errorf("%.2f of the spread of gains is left, want at most 0.5", math.Sqrt(wrong/spread))
		}
	}
	if psnr[1] < psnr[0]+1 {
		t.Errorf("held-out views have %.2f dB, and %.2f without gains; want 1 dB more", psnr[1], psnr[0])
	}
}

// Photographs that are partly transparent keep the gain 1, black and white ones some finite number.
func TestExposuresOfOddPhotographs(t *testing.T) {
	set := testSet(t)
	tr := newTrainer(t, set, testOptions(round))
	if err := tr.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	for k, gain := range tr.pixels.gains {
		if gain != 1 {
			t.Fatalf("gain %d is %v, want 1", k, gain)
		}
	}
	expose(set)
	for i := range 2 {
		for k := range set.Views[i].Pix {
			if k%4 != 3 {
				set.Views[i].Pix[k] = byte(255 * i)
			}
		}
	}
	tr = newTrainer(t, set, testOptions(3*round))
	if err := tr.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	for k, gain := range tr.pixels.gains {
		if !(gain >= 1./maxGain && gain <= maxGain) {
			t.Errorf("gain %d is %v, want %v to %v", k, gain, 1./maxGain, maxGain)
		}
	}
}
