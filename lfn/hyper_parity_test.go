package lfn

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/plucker"
)

// eachHyperParity runs f with what the authors' code made of four scenes, and skips where that is not there.
func eachHyperParity(t *testing.T, f func(t *testing.T, h *Hyper, tensors map[string]Tensor)) {
	for name, conditioning := range map[string]string{"prior_hyper": HyperFull, "prior_low_rank": HyperLowRank} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "..", "shared", "parity", name+".safetensors")
			if _, err := os.Stat(path); os.IsNotExist(err) {
				t.Skipf("no %s: the authors' larger numbers are not part of the repository", path)
			}
			tensors := loadTensors(t, path)
			c := HyperConfig{Conditioning: conditioning, Latent: 32, Width: 32,
				Network: Config{Encoding: Encoding{Kind: Coordinates}, Hidden: []int{32, 32, 32, 32, 32, 32, 32}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}}
			if conditioning == HyperLowRank {
				c.Rank = 10
			}
			h, err := NewHyper(c, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range h.Tensors() {
				want, ok := tensors["weights."+hyperParityName(x.Name)]
				if !ok || !slices.Equal(x.Shape, want.Shape) {
					t.Fatalf("%s has shape %v, want that of %s, %v", x.Name, x.Shape, hyperParityName(x.Name), want.Shape)
				}
				copy(x.Data, want.Data)
			}
			f(t, h, tensors)
		})
	}
}

// hyperParityName is what the authors call a tensor of ours.
func hyperParityName(name string) string {
	var net, layer int
	var what string
	parts := strings.Split(name, ".")
	what = parts[len(parts)-1]
	if parts[0] == "base" {
		fmt.Sscanf(name, "base.layers.%d", &layer)
		if layer == 7 {
			return "phi.net.7." + what
		}
		return fmt.Sprintf("phi.net.%d.net.0.%s", layer, what)
	}
	fmt.Sscanf(name, "hyper.%d.layers.%d", &net, &layer)
	switch {
	case layer == 2:
		return fmt.Sprintf("hyper_phi.nets.%d.net.2.%s", net, what)
	case what == "scale":
		return fmt.Sprintf("hyper_phi.nets.%d.net.%d.net.1.weight", net, layer)
	case what == "shift":
		return fmt.Sprintf("hyper_phi.nets.%d.net.%d.net.1.bias", net, layer)
	}
	return fmt.Sprintf("hyper_phi.nets.%d.net.%d.net.0.%s", net, layer, what)
}

func TestHyperParityColors(t *testing.T) {
	eachHyperParity(t, func(t *testing.T, h *Hyper, tensors map[string]Tensor) {
		rays, z := parityRays(tensors["plucker"]), tensors["z"]
		colors := tensors["rgb"].Data
		each := len(rays) / z.Shape[0]
		worst := 0.
		for i := range z.Shape[0] {
			rgb := make([]float32, 3*each)
			h.Decode(z.Data[32*i:][:32]).Pack().Colors(rgb, rays[i*each:][:each])
			for k, v := range rgb {
				got, want := 2*float64(v)-1, float64(min(max(colors[3*i*each+k], -1), 1))
				if worst = max(worst, math.Abs(got-want)); !(math.Abs(got-want) <= 1e-4) {
					t.Fatalf("scene %d: channel %d of ray %d is %v, want %v", i, k%3, k/3, got, want)
				}
			}
		}
		t.Logf("worst difference %.3g", worst)
	})
}

// TestHyperParityGradients compares loss and gradients, of the latents too. The authors' loss has the mean of their squares
// beside 200·MSE, the derivative of which is known.
func TestHyperParityGradients(t *testing.T) {
	eachHyperParity(t, func(t *testing.T, h *Hyper, tensors map[string]Tensor) {
		rays, z, target := parityRays(tensors["plucker"]), tensors["z"].Data, tensors["target"].Data
		scenes := len(z) / 32
		each := len(rays) / scenes
		l := h.NewLearner(scenes)
		defer l.Close()
		mse := signedMSE(target)
		got := l.Batch(z, each, func(scene, first int, dst []plucker.Coords) { copy(dst, rays[scene*each+first:]) },
			func(scene, first int, rgb, drgb []float32) float64 { return mse(scene*each+first, rgb, drgb) })
		dz := slices.Clone(l.DLatents())
		for i, v := range z {
			got += float64(v) * float64(v) / float64(len(z))
			dz[i] += 2 * v / float32(len(z))
		}
		if want := float64(tensors["loss"].Data[0]); !(math.Abs(got-want) <= 1e-3*want) {
			t.Errorf("loss %v, want %v", got, want)
		}
		worst := 0.
		compare := func(name string, got, want []float32) {
			norm, largest := difference(got, want)
			if !(norm <= 1e-3) || !(largest <= 1e-3) {
				t.Errorf("%s: gradient differs by %.3g in norm and %.3g of its largest value, want at most 1e-3", name, norm, largest)
			}
			worst = max(worst, norm, largest)
		}
		for _, g := range l.Grads() {
			compare(g.Name, g.D, tensors["grad."+hyperParityName(g.Name)].Data)
		}
		compare("latents", dz, tensors["grad.latent_codes.weight"].Data)
		t.Logf("worst difference %.3g", worst)
	})
}
