package train

import (
	"math"
	"testing"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// pixelSet has views of the given sizes whose pixels are their numbers, half of them transparent.
func pixelSet(sizes ...[2]int) *dataset.Set {
	s := &dataset.Set{Space: dataset.Space{Frame: plucker.UnitFrame()}}
	n := 0
	for i, size := range sizes {
		w, h := size[0], size[1]
		pose := plucker.LookAt([3]float64{3, float64(i), 1}, [3]float64{}, [3]float64{0, 0, 1})
		v := dataset.View{Camera: plucker.Pinhole(pose, w, h, 0.7)}
		for range w * h {
			v.Pix = append(v.Pix, byte(n), byte(n>>8), 0, byte(255*(n%2)))
			n++
		}
		s.Views = append(s.Views, v)
	}
	return s
}

func TestDraw(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sizes [][2]int
	}{
		{"one pixel", [][2]int{{1, 1}}},
		{"one size", [][2]int{{7, 5}, {7, 5}, {7, 5}}},
		{"many sizes", [][2]int{{1, 1}, {40, 30}, {2, 3}, {1, 9}, {13, 64}, {1, 1}}},
		{"a power of four", [][2]int{{16, 16}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := pixelSet(tt.sizes...)
			background := [3]float32{0.25, 0.5, 1}
			p := newPixels(set, background, 3)
			total := int(p.total)
			rays, rgb := make([]plucker.Coords, 3*total), make([]float32, 9*total)
			p.draw(0, rays, rgb, make([]int32, len(rays)))
			for epoch := range 3 {
				seen := map[[2]int]int{}
				for i := epoch * total; i < (epoch+1)*total; i++ {
					view, pixel := p.at(p.key(uint64(epoch)), uint64(i-epoch*total))
					seen[[2]int{view, int(pixel)}]++
					v := &set.Views[view]
					w := v.Camera.Width
					if want := v.Camera.Coords(set.Frame, float64(int(pixel)%w)+0.5, float64(int(pixel)/w)+0.5); rays[i] != want {
						t.Fatalf("ray %d is %v, want %v", i, rays[i], want)
					}
					for c := range 3 {
						px := v.Pix[4*pixel:]
						a := float64(px[3]) / 255
						want := a*float64(px[c])/255 + (1-a)*float64(background[c])
						if math.Abs(float64(rgb[3*i+c])-want) > 1e-6 {
							t.Fatalf("channel %d of draw %d is %v, want %v", c, i, rgb[3*i+c], want)
						}
					}
				}
				if len(seen) != total {
					t.Fatalf("epoch %d drew %d different pixels, want all %d once", epoch, len(seen), total)
				}
			}
			if total > 20 {
				same := 0
				for i := range total {
					v0, p0 := p.at(p.key(0), uint64(i))
					v1, p1 := p.at(p.key(1), uint64(i))
					if v0 == v1 && p0 == p1 {
						same++
					}
				}
				if same > total/5 {
					t.Errorf("%d of %d pixels come at the same place in two epochs: the order does not change", same, total)
				}
			}
		})
	}
}

// The pixels of any stretch of draws lie all over the views.
func TestDrawSpreads(t *testing.T) {
	p := newPixels(pixelSet([2]int{50, 50}, [2]int{50, 50}), [3]float32{}, 1)
	var count [2][4]int
	for i := range uint64(1000) {
		view, pixel := p.at(p.key(0), i)
		count[view][pixel/625]++
	}
	for view := range count {
		for quarter, n := range count[view] { // 125 expected, σ = 10
			if n < 75 || n > 175 {
				t.Errorf("quarter %d of view %d was drawn %d times of 1000, want about 125", quarter, view, n)
			}
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	sizes := make([][2]int, 100)
	for i := range sizes {
		sizes[i] = [2]int{400, 400}
	}
	p := newPixels(pixelSet(sizes...), [3]float32{}, 1)
	rays, rgb, views := make([]plucker.Coords, 256), make([]float32, 3*256), make([]int32, 256)
	n := uint64(0)
	for b.Loop() {
		p.draw(n, rays, rgb, views)
		n += 256
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "rays/s")
}
