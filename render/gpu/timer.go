//go:build cgo && linux

package gpu

import (
	"math"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// ahead is how many segments may be under way: as many as frames that drivers prepare ahead, so that the device always
// has something to do, and a picture that is dropped does not keep the next one waiting.
const ahead = 3

// timer measures how long the device takes for rays, by queries that are read when they are there.
type timer struct {
	wallClock bool
	started   time.Time
	segments  [ahead]segment // a ring of what is under way
	first, n  int
	ready     int32  // room for collect
	ns        uint64 // likewise

	rays, seconds float64 // of late, the older the less
	raysPerS      float64

	number int // of the picture that so much has been measured of
	ofRays int
	ofTime time.Duration
	pass   time.Duration
}

// segment is a measured part of a picture.
type segment struct {
	query          uint32
	number         int // of the picture
	rays, passRays int
}

func (t *timer) init(wallClock bool) {
	t.wallClock = wallClock
	for i := range t.segments {
		gl.GenQueries(1, &t.segments[i].query)
	}
}

// forget begins anew with a speed that is known from elsewhere.
func (t *timer) forget(raysPerS float64) {
	t.n, t.rays, t.seconds, t.raysPerS = 0, 0, 0, raysPerS
	t.ofRays, t.ofTime, t.pass = 0, 0, 0
}

// begin measures what is started from here to end. It returns false, and does not, while the device has enough to do.
func (t *timer) begin() bool {
	switch {
	case t.wallClock:
		t.started = time.Now()
	case t.n == len(t.segments):
		return false
	default:
		gl.BeginQuery(gl.TIME_ELAPSED, t.last().query)
	}
	return true
}

// last is the free segment behind those under way.
func (t *timer) last() *segment { return &t.segments[(t.first+t.n)%len(t.segments)] }

// end says what that was: rays of a picture whose passes take passRays.
func (t *timer) end(number, rays, passRays int) {
	if t.wallClock {
		gl.Finish()
		t.add(&segment{0, number, rays, passRays}, time.Since(t.started))
		return
	}
	gl.EndQuery(gl.TIME_ELAPSED)
	s := t.last()
	s.number, s.rays, s.passRays = number, rays, passRays
	t.n++
	gl.Flush()
}

// collect reads the queries that are there.
func (t *timer) collect() {
	for t.n > 0 {
		s := &t.segments[t.first]
		if gl.GetQueryObjectiv(s.query, gl.QUERY_RESULT_AVAILABLE, &t.ready); t.ready == 0 {
			return
		}
		gl.GetQueryObjectui64v(s.query, gl.QUERY_RESULT, &t.ns)
		t.first, t.n = (t.first+1)%len(t.segments), t.n-1
		t.add(s, time.Duration(t.ns))
	}
}

// fading is what a measurement counts for when the next is there.
const fading = 0.7

func (t *timer) add(s *segment, took time.Duration) {
	if took <= 0 {
		return
	}
	t.rays, t.seconds = fading*t.rays+float64(s.rays), fading*t.seconds+took.Seconds()
	t.raysPerS = t.rays / t.seconds
	if s.number != t.number {
		t.number, t.ofRays, t.ofTime = s.number, 0, 0
	}
	t.ofRays += s.rays
	t.ofTime += took
	if t.ofRays >= s.passRays {
		t.pass = time.Duration(math.Round(float64(t.ofTime) * float64(s.passRays) / float64(t.ofRays)))
		t.ofRays, t.ofTime = 0, 0
	}
}

func (t *timer) delete() {
	for i := range t.segments {
		gl.DeleteQueries(1, &t.segments[i].query)
	}
}
