package render

import (
	"fmt"
	"math"
	"testing"
)

func TestPSNR(t *testing.T) {
	a, b := NewImage(4, 3), NewImage(4, 3)
	if p := PSNR(a, b); !math.IsInf(p, 1) {
		t.Errorf("PSNR of equal images = %v, want +Inf", p)
	}
	for i := range b.Pix {
		b.Pix[i] = 0.1
	}
	if p := PSNR(a, b); math.Abs(p-20) > 1e-6 {
		t.Errorf("PSNR at a difference of 0.1 everywhere = %v, want 20", p)
	}
	clear(b.Pix)
	b.Pix[7] = 0.6 // 0.36 over 36 values
	if p := PSNR(a, b); math.Abs(p-20) > 1e-6 {
		t.Errorf("PSNR at one difference of 0.6 = %v, want 20", p)
	}
}

// slowSSIM is the definition: every window, every pixel of it, in two dimensions and two passes.
func slowSSIM(a, b *Image, side int) float64 {
	half := side / 2
	weight := func(i, j int) float64 { return math.Exp(-float64(i*i+j*j) / (2 * 1.5 * 1.5)) }
	total := 0.0
	for i := -half; i <= half; i++ {
		for j := -half; j <= half; j++ {
			total += weight(i, j)
		}
	}
	sum, n := 0.0, 0
	for c := range 3 {
		for y := half; y < a.Height-half; y++ {
			for x := half; x < a.Width-half; x++ {
				each := func(f func(w, p, q float64)) {
					for i := -half; i <= half; i++ {
						for j := -half; j <= half; j++ {
							at := 3*((y+i)*a.Width+x+j) + c
							f(weight(i, j)/total, float64(a.Pix[at]), float64(b.Pix[at]))
						}
					}
				}
				var ma, mb, va, vb, cov float64
				each(func(w, p, q float64) { ma += w * p; mb += w * q })
				each(func(w, p, q float64) {
					va += w * (p - ma) * (p - ma)
					vb += w * (q - mb) * (q - mb)
					cov += w * (p - ma) * (q - mb)
				})
				sum += (2*ma*mb + 1e-4) * (2*cov + 9e-4) / ((ma*ma + mb*mb + 1e-4) * (va + vb + 9e-4))
				n++
			}
		}
	}
	return sum / float64(n)
}

func TestSSIM(t *testing.T) {
	r := newRand()
	for _, tt := range []struct{ w, h, side int }{{24, 17, 11}, {11, 11, 11}, {40, 11, 11}, {12, 12, 11}, {10, 30, 9}, {1, 5, 1}, {2, 2, 1}} {
		a := noise(r, tt.w, tt.h)
		b := noise(r, tt.w, tt.h)
		for i := range b.Pix {
			b.Pix[i] = 0.7*a.Pix[i] + 0.3*b.Pix[i] + 0.05
		}
		if got, want := SSIM(a, b), slowSSIM(a, b, tt.side); math.Abs(got-want) > 1e-12 {
			t.Errorf("%d×%d: SSIM = %v, want %v", tt.w, tt.h, got, want)
		}
		if got := SSIM(a, a); math.Abs(got-1) > 1e-12 {
			t.Errorf("%d×%d: SSIM with itself = %v, want 1", tt.w, tt.h, got)
		}
	}
	// Of two even images only the means are left: (2·p·q + C1)/(p² + q² + C1).
	a, b := NewImage(20, 20), NewImage(20, 20)
	for i := range b.Pix {
		a.Pix[i], b.Pix[i] = 0.5, 0.25
	}
	if got, want := SSIM(a, b), (0.25+1e-4)/(0.3125+1e-4); math.Abs(got-want) > 1e-12 {
		t.Errorf("SSIM of 0.5 and 0.25 = %v, want %v", got, want)
	}
}

func BenchmarkSSIM(b *testing.B) {
	for _, size := range []int{100, 400} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			r := newRand()
			p, q := noise(r, size, size), noise(r, size, size)
			for b.Loop() {
				SSIM(p, q)
			}
		})
	}
}
