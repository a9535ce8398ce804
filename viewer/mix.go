package viewer

import (
	"fmt"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/train/prior"
)

// mix is a latent of a prior, and how it comes about: between two ends, and then along principal components.
type mix struct {
	z      lfn.Latent
	ends   [2]end
	share  float64 // of the second end
	pushed bool    // along components, off the line between the ends
}

// end is a scene that blends begin or end with; without a latent there is none.
type end struct {
	name  string
	z     lfn.Latent
	class int // of the prior, that the scene is as large as
}

// take makes the latent that of a scene.
func (m *mix) take(e end) { m.z, m.ends[0], m.share, m.pushed = slices.Clone(e.z), e, 0, false }

// blend makes it that on the line between the ends, for a share of the second from 0 to 1.
func (m *mix) blend(share float64) {
	m.share, m.pushed = share, false
	m.z = m.ends[0].z.Blend(m.ends[1].z, share)
}

// push moves it along component i of c, by so many standard deviations.
func (m *mix) push(c *prior.Components, i int, by float64) {
	m.pushed = true
	m.z = slices.Clone(m.z)
	c.Push(m.z, i, by)
}

// class is that of the nearer end.
func (m *mix) class() int {
	if m.share > 0.5 {
		return m.ends[1].class
	}
	return m.ends[0].class
}

// name is what the latent is of, in words.
func (m *mix) name() string {
	name := m.ends[0].name
	if m.share > 0 {
		name = fmt.Sprintf("%s, %.0f %% %s", name, 100*m.share, m.ends[1].name)
	}
	if m.pushed {
		name += ", changed"
	}
	return name
}

// shelf says which instances have thumbnails. Instance i has slot i mod [maxThumbnails], so those in sight, which follow
// each other, do not take each other's.
type shelf [maxThumbnails]int // the instance in each slot, counted from 1; 0 where there is none

const (
	thumbnailSide = 64 // pixels
	maxThumbnails = 32 * 32
)

func (s *shelf) has(i int) bool { return s[i%maxThumbnails] == i+1 }

func (s *shelf) put(i int) { s[i%maxThumbnails] = i + 1 }

// missing is the first instance from first to before last that has no thumbnail; −1 where all have.
func (s *shelf) missing(first, last int) int {
	for i := first; i < min(last, first+maxThumbnails); i++ {
		if !s.has(i) {
			return i
		}
	}
	return -1
}

// inSight are which of n things are seen, from first to before last, in rows of perRow that are rowHeight high each: in a
// window of a height that is scrolled so far.
func inSight(n, perRow int, rowHeight, scrolled, height float64) (first, last int) {
	first = perRow * int(max(scrolled, 0)/rowHeight)
	last = perRow * int(math.Ceil((max(scrolled, 0)+height)/rowHeight))
	return min(first, n), min(last, n)
}
