//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// corners are the corners of a photograph's card in the scene, clockwise from the top left.
func (p *photos) corners(a *app, c *plucker.Camera) [4][3]float32 {
	depth := float64(p.size) * a.model.Scene.Radius
	var k [4][3]float32
	for i, uv := range [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
		q := unproject(c, uv[0]*float64(c.Width), uv[1]*float64(c.Height), depth)
		k[i] = [3]float32{float32(q[0]), float32(q[1]), float32(q[2])}
	}
	return k
}

// unproject is what the camera sees at (u, v), at that depth along its axis. A fisheye may see what has no depth, beside
// it and behind it: that is at most ten times as far away.
func unproject(c *plucker.Camera, u, v, depth float64) mgl64.Vec3 {
	r := c.Ray(u, v)
	return r.Origin.Add(r.Dir.Mul(depth / max(r.Dir.Dot(c.Pose.Forward()), 0.1)))
}

// hover finds the camera that the pointer is on.
func (p *photos) hover(a *app, x, y float64) {
	if !p.frusta || a.model == nil {
		return
	}
	cam := a.camera(a.area.w, a.area.h)
	best, nearest := -1, math.Inf(1)
	for i := range p.views {
		if i == p.at {
			continue
		}
		c := &p.views[i].Camera
		centre := unproject(c, float64(c.Width)/2, float64(c.Height)/2, float64(p.size)*a.model.Scene.Radius)
		u, v, depth, ok := cam.Project(centre)
		if !ok || depth >= nearest {
			continue
		}
		reach := max(6*float64(a.ui.scale), float64(p.size)*a.model.Scene.Radius/depth*cam.Intrinsics.Fx*float64(c.Width)/c.Intrinsics.Fx/2)
		if math.Abs(u-x) < reach && math.Abs(v-y) < reach {
			best, nearest = i, depth
		}
	}
	if best != p.hovered {
		p.hovered = best
		a.overlayChanged()
	}
}

// click goes to the camera that the pointer is on.
func (p *photos) click(a *app, x, y float64) {
	p.hover(a, x, y)
	if !p.frusta || p.hovered < 0 {
		return
	}
	i := p.hovered
	p.hovered = -1
	a.flyTo(a.viewOf(&p.views[i].Camera))
	a.hand.arriving = i
	a.overlayChanged()
}

// overlayChanged makes the lines and cards of the scene anew.
func (a *app) overlayChanged() {
	a.dirty = true
	var lines, cards []vertex
	p := &a.photos
	line := func(u, v [3]float32, color [4]uint8) {
		lines = append(lines, vertex{pos: u, color: color}, vertex{pos: v, color: color})
	}
	frustum := func(c *plucker.Camera, color [4]uint8) [4][3]float32 {
		k := p.corners(a, c)
		eye := [3]float32{float32(c.Pose.Pos[0]), float32(c.Pose.Pos[1]), float32(c.Pose.Pos[2])}
		for i := range k {
			line(eye, k[i], color)
			line(k[i], k[(i+1)%4], color)
		}
		return k
	}
	if p.frusta && a.model != nil {
		for i := range p.views {
			v := &p.views[i]
			color := [4]uint8{255, 170, 40, 200}
			if v.Split == "test" {
				color = [4]uint8{60, 200, 255, 200}
			}
			if i == p.hovered {
				color = [4]uint8{255, 40, 90, 255}
			}
			if i == p.at {
				continue
			}
			k := frustum(&v.Camera, color)
			if v.pix == nil || i >= maxThumbnails || p.thumbnails == 0 {
				continue
			}
			rows := float32((min(len(p.views), maxThumbnails) + p.perRow - 1) / p.perRow)
			u0, v0 := float32(i%p.perRow)/float32(p.perRow), float32(i/p.perRow)/rows
			u1, v1 := u0+1/float32(p.perRow), v0+1/rows
			uv := [4][2]float32{{u0, v0}, {u1, v0}, {u1, v1}, {u0, v1}}
			for _, j := range [6]int{0, 1, 2, 0, 2, 3} {
				cards = append(cards, vertex{pos: k[j], uv: uv[j], color: [4]uint8{255, 255, 255, 230}})
			}
		}
	}
	if a.path.shown && a.model != nil {
		a.path.overlay(a, line, frustum)
	}
	a.epi.overlay(line, frustum)
	a.paint.setOverlay(lines, cards)
}
