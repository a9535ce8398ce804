#version 430
#ifdef GL_NV_gpu_shader5
#extension GL_NV_gpu_shader5 : require
#else
#extension GL_AMD_gpu_shader_half_float : require
#endif
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_clustered : require

layout(local_size_x = 32) in;

const int TX = 4; // invocations that share a ray
const int TY = 8; // invocations that share an output
const int ACROSS = 4; // of those that share a ray, how many are side by side
const int RAYS = 32; // of a workgroup
const int PARTS = 1;
const int TILE_W = 8; // pixels of a workgroup
const int TILE_H = 4;
const int PASSES = 1; // of the encoding
const int INPUTS = 16; // rows that a pass writes
const int LAYERS = 2; // hidden ones
const int WIDTH = 32; // of each, padded
const int ROWS = 32;
const float PI = 3.14159265;
const int POINTS = 32; // of a ray
const float DENSITY_GAIN = 10.0;
const float DENSITY_BIAS = -1.0;
const float OPTICAL_DEPTH = 25.0;
const float FEATURE_GAIN = 3.0;
const float OPAQUE = 0.001; // transmittance behind which nothing is looked at

// camera.glsl
#line 10001
// The ray of an image point, in the scene frame.

layout(location = 0) uniform ivec2 size;      // of the image, in pixels
layout(location = 1) uniform ivec2 corner;    // first tile of this dispatch
layout(location = 2) uniform vec4 intrinsics; // fx, fy, cx, cy in pixels
layout(location = 3) uniform mat3 rotation;   // camera to world
layout(location = 4) uniform vec3 origin;     // of the camera, in the scene frame
layout(location = 5) uniform vec4 lens0;      // k1, k2, p1, p2: OpenCV's rational model
layout(location = 6) uniform vec4 lens1;      // k3, k4, k5, k6
layout(location = 7) uniform vec2 point;      // of a pixel that the ray goes through, in [0, 1]²
layout(location = 8) uniform vec2 blend;      // weights of what the image holds and of what is new
layout(location = 9) uniform int fisheye;     // 1 where the lens is OpenCV's fisheye of k1 to k4, else 0
layout(location = 10) uniform vec2 shift;     // right and down, of rays in the plane at distance 1: 0 for a pinhole

// distort maps a point of the image plane to where the lens puts it; jac gets ∂x'/∂x, ∂x'/∂y = ∂y'/∂x, ∂y'/∂y.
vec2 distort(vec2 p, out vec3 jac, out float den) {
    float r2 = dot(p, p);
    float num = 1.0 + r2 * (lens0.x + r2 * (lens0.y + r2 * lens1.x));
    den = 1.0 + r2 * (lens1.y + r2 * (lens1.z + r2 * lens1.w));
    float dnum = lens0.x + r2 * (2.0 * lens0.y + r2 * 3.0 * lens1.x);
    float dden = lens1.y + r2 * (2.0 * lens1.z + r2 * 3.0 * lens1.w);
    float s = num / den, ds = 2.0 * (dnum - s * dden) / den;
    vec2 t = lens0.zw;
    jac.x = s + ds * p.x * p.x + 2.0 * t.x * p.y + 6.0 * t.y * p.x;
    jac.y = ds * p.x * p.y + 2.0 * t.x * p.x + 2.0 * t.y * p.y;
    jac.z = s + ds * p.y * p.y + 6.0 * t.x * p.y + 2.0 * t.y * p.x;
    return p * s + 2.0 * p.x * p.y * t + t.yx * (r2 + 2.0 * p * p);
}

// before says whether a point is before the fold of the lens and its poles.
bool before(vec3 jac, float den) {
    return den > 0.0 && jac.x > 0.0 && jac.x * jac.z - jac.y * jac.y > 0.0;
}

// undistort inverts distort by Newton's method, kept before the fold: a step that leads beyond, or away, is halved.
vec2 undistort(vec2 want) {
    vec2 p = want;
    vec3 jac;
    float den;
    vec2 e = want - distort(p, jac, den);
    for (int i = 0; i < 40 && !before(jac, den); i++) {
        p = i < 38 ? p * 0.7 : vec2(0);
        e = want - distort(p, jac, den);
    }
    float halved = 1.0;
    for (int i = 0; i < 60 && halved > 1e-7 && dot(e, e) > 1e-14; i++) {
        vec2 step = halved * vec2(jac.z * e.x - jac.y * e.y, jac.x * e.y - jac.y * e.x) / (jac.x * jac.z - jac.y * jac.y);
        vec3 jac1;
        vec2 e1 = want - distort(p + step, jac1, den);
        if (dot(e1, e1) < dot(e, e) && before(jac1, den)) {
            p += step;
            e = e1;
            jac = jac1;
            halved = 1.0;
        } else {
            halved *= 0.5;
        }
    }
    return p;
}

// radial returns how far from the middle the fisheye puts the angle t from the optical axis, and the derivative.
vec2 radial(float t) {
    float t2 = t * t;
    vec4 k = vec4(lens0.xy, lens1.xy);
    return vec2(t * (1.0 + t2 * (k.x + t2 * (k.y + t2 * (k.z + t2 * k.w)))),
                1.0 + t2 * (3.0 * k.x + t2 * (5.0 * k.y + t2 * (7.0 * k.z + t2 * 9.0 * k.w))));
}

// angle inverts radial on the angles from 0 to where it folds, at most π, or returns that end.
float angle(float r) {
    const float whole = 3.14159265, part = whole / 16.0;
    float lo = 0.0, hi = part;
    vec2 f = radial(hi);
    for (int i = 1; i < 16 && f.x < r && f.y > 0.0; i++) {
        lo = hi;
        hi += part;
        f = radial(hi);
    }
    if (f.x < r && f.y > 0.0) {
        return whole;
    }
    if (f.x < r) {
        for (int i = 0; i < 24; i++) {
            float mid = 0.5 * (lo + hi);
            if (radial(mid).y > 0.0) {
                lo = mid;
            } else {
                hi = mid;
            }
        }
        hi = lo;
        lo = max(lo - part, 0.0);
        if (radial(hi).x < r) {
            return hi;
        }
    }
    // Newton's method between lo and hi, and bisection where it leads out of them.
    float t = 0.5 * (lo + hi);
    for (int i = 0; i < 32; i++) {
        f = radial(t);
        if (f.x < r) {
            lo = t;
        } else {
            hi = t;
        }
        float next = t + (r - f.x) / f.y;
        if (!(next >= lo && next <= hi)) {
            next = 0.5 * (lo + hi);
        }
        if (abs(next - t) <= 1e-7 * t) {
            return next;
        }
        t = next;
    }
    return t;
}

// toward returns the direction that the camera sees at image point uv, in its own axes.
vec3 toward(vec2 uv) {
    vec2 p = (uv - intrinsics.zw) / intrinsics.xy;
    if (fisheye != 0) {
        float r = length(p), t = angle(r);
        return r > 0.0 ? vec3(vec2(p.x, -p.y) / r * sin(t), -cos(t)) : vec3(0, 0, -1);
    }
    if (any(notEqual(lens0, vec4(0))) || any(notEqual(lens1, vec4(0)))) {
        p = undistort(p);
    }
    p += shift;
    return vec3(p.x, -p.y, -1.0);
}

// line computes the Plücker coordinates of the ray through image point uv: direction and moment.
void line(vec2 uv, out vec3 d, out vec3 m) {
    d = normalize(rotation * toward(uv));
    m = cross(origin, d);
}

// chord.glsl
#line 20001
// Where the samples of a ray are: the part of it inside the unit ball, cut into POINTS equal parts with a sample in the
// middle of each.

vec3 start;     // the first sample, in the cube of the grids
vec3 stride;    // from one to the next
float spacing;  // its length; 0 for a ray without samples

void chord(vec3 d, vec3 m) {
    vec3 mid = cross(d, m);
    float h2 = 1.0 - dot(mid, mid);
    float h = h2 > 0.0 ? sqrt(h2) : 0.0;
    float lo = -h, hi = h;
    spacing = lo < hi ? (hi - lo) / float(POINTS) : 0.0;
    stride = d * spacing;
    start = spacing > 0.0 ? mid + d * lo + 0.5 * stride : mid;
}

// fetch.glsl
#line 30001
// Features at a point of the cube of the grids, which are in 3D textures. The hardware's own filter would take one fetch
// instead of eight, but its weights have 8 bits: on an H100 pictures then differ by up to 7/255, for a sixth of the time.

layout(binding = 0) uniform sampler3D grid0;
layout(binding = 1) uniform sampler3D grid1;
layout(binding = 2) uniform sampler3D grid2;

// between mixes the eight texels from c on.
vec4 between(sampler3D grid, ivec3 c, vec3 f) {
    vec4 v00 = mix(texelFetch(grid, c, 0), texelFetch(grid, c + ivec3(1, 0, 0), 0), f.x);
    vec4 v01 = mix(texelFetch(grid, c + ivec3(0, 1, 0), 0), texelFetch(grid, c + ivec3(1, 1, 0), 0), f.x);
    vec4 v10 = mix(texelFetch(grid, c + ivec3(0, 0, 1), 0), texelFetch(grid, c + ivec3(1, 0, 1), 0), f.x);
    vec4 v11 = mix(texelFetch(grid, c + ivec3(0, 1, 1), 0), texelFetch(grid, c + ivec3(1, 1, 1), 0), f.x);
    return mix(mix(v00, v01, f.y), mix(v10, v11, f.y), f.z);
}

vec4 fetch(sampler3D grid, vec3 p) {
    float last = float(textureSize(grid, 0).x - 1);
    vec3 u = clamp(p * (0.5 * last) + 0.5 * last, 0.0, last);
    vec3 cell = min(floor(u), last - 1.0);
    return between(grid, ivec3(cell), u - cell);
}

// tile.glsl
#line 40001
// The tile: a workgroup evaluates the network for RAYS rays together. An invocation has 4 of them and 8 of the
// WIDTH outputs of a layer, in registers; what goes into the layer, rows of RAYS values, is in shared memory.

layout(std430, binding = 0) readonly buffer Weights { uvec4 weights[]; };

shared uvec2 act[ROWS * RAYS / 4];
shared float staged[INPUTS * RAYS]; // what the encoding writes
shared uvec4 slab[8 * WIDTH / 8]; // of weights
shared float red[1 * RAYS]; // for sums over the invocations that share rays

int id;        // of this invocation in the workgroup
int tx, ty;    // of this invocation in the tile: which outputs, which rays
int ray, part; // in the stages that go ray by ray: PARTS invocations share ray, this is one of them

vec4 a0_0, a0_1;
vec4 a1_0, a1_1;
vec4 a2_0, a2_1;
vec4 a3_0, a3_1;

// sync_subgroup.glsl
#line 50001
// All invocations that share rays are of one subgroup.
void sync() {
    subgroupMemoryBarrierShared();
    subgroupBarrier();
}

// dense_half.glsl
#line 60001
// A layer in half precision, two rays to a word: products and partial sums of 32 terms are in half, their totals,
// norm and activation in float32.

// put sets an input of the layer for ray.
void put(int row, float v) {
    staged[row * RAYS + ray] = v;
}

// pack ends what put began.
void pack(int pass, int rows) {
    sync();
    for (int i = tx; i < rows * 2; i += TX) {
        int row = i / 2, pair = i % 2;
        int s = row * RAYS + ty * 4 + 2 * pair;
        act[row * RAYS / 4 + ty][pair] = packHalf2x16(vec2(staged[s], staged[s + 1]));
    }
    sync();
}

// get is an input of the layer for ray.
float get(int row) {
    return unpackHalf2x16(act[(row * RAYS + ray) / 4][ray / 2 % 2])[ray % 2];
}

vec4 real(int i) {
    return uintBitsToFloat(weights[i]);
}

const int ROW = WIDTH / 8; // of weights

// multiply adds the products of 8·n rows, from weights[w] on, to the registers. It returns where they end.
int multiply(int pass, int w, int rows) {
    int x = ty;
    uvec4 n0 = weights[w + id + 0 * 32];
    for (int first = 0; first < rows; first += 32) {
        f16vec2 c0_0 = f16vec2(0), c0_1 = f16vec2(0), c0_2 = f16vec2(0), c0_3 = f16vec2(0), c0_4 = f16vec2(0), c0_5 = f16vec2(0), c0_6 = f16vec2(0), c0_7 = f16vec2(0);
        f16vec2 c1_0 = f16vec2(0), c1_1 = f16vec2(0), c1_2 = f16vec2(0), c1_3 = f16vec2(0), c1_4 = f16vec2(0), c1_5 = f16vec2(0), c1_6 = f16vec2(0), c1_7 = f16vec2(0);
        int end = min(first + 32, rows);
        for (int k = first; k < end; k += 8) {
            barrier();
            slab[id + 0 * 32] = n0;
            barrier();
            w += 8 * ROW;
            n0 = weights[w + id + 0 * 32];
            {
                uvec4 u = slab[tx + 0 * ROW];
                uvec2 v = act[x + 0 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 1 * ROW];
                uvec2 v = act[x + 1 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 2 * ROW];
                uvec2 v = act[x + 2 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 3 * ROW];
                uvec2 v = act[x + 3 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 4 * ROW];
                uvec2 v = act[x + 4 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 5 * ROW];
                uvec2 v = act[x + 5 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 6 * ROW];
                uvec2 v = act[x + 6 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            {
                uvec4 u = slab[tx + 7 * ROW];
                uvec2 v = act[x + 7 * RAYS / 4];
                f16vec2 w0 = unpackFloat2x16(u.x), w1 = unpackFloat2x16(u.y), w2 = unpackFloat2x16(u.z), w3 = unpackFloat2x16(u.w);
                f16vec2 x0 = unpackFloat2x16(v.x);
                c0_0 = fma(x0, w0.xx, c0_0);
                c0_1 = fma(x0, w0.yy, c0_1);
                c0_2 = fma(x0, w1.xx, c0_2);
                c0_3 = fma(x0, w1.yy, c0_3);
                c0_4 = fma(x0, w2.xx, c0_4);
                c0_5 = fma(x0, w2.yy, c0_5);
                c0_6 = fma(x0, w3.xx, c0_6);
                c0_7 = fma(x0, w3.yy, c0_7);
                f16vec2 x1 = unpackFloat2x16(v.y);
                c1_0 = fma(x1, w0.xx, c1_0);
                c1_1 = fma(x1, w0.yy, c1_1);
                c1_2 = fma(x1, w1.xx, c1_2);
                c1_3 = fma(x1, w1.yy, c1_3);
                c1_4 = fma(x1, w2.xx, c1_4);
                c1_5 = fma(x1, w2.yy, c1_5);
                c1_6 = fma(x1, w3.xx, c1_6);
                c1_7 = fma(x1, w3.yy, c1_7);
            }
            x += 8 * RAYS / 4;
        }
        a0_0 += vec4(c0_0.x, c0_1.x, c0_2.x, c0_3.x);
        a0_1 += vec4(c0_4.x, c0_5.x, c0_6.x, c0_7.x);
        a1_0 += vec4(c0_0.y, c0_1.y, c0_2.y, c0_3.y);
        a1_1 += vec4(c0_4.y, c0_5.y, c0_6.y, c0_7.y);
        a2_0 += vec4(c1_0.x, c1_1.x, c1_2.x, c1_3.x);
        a2_1 += vec4(c1_4.x, c1_5.x, c1_6.x, c1_7.x);
        a3_0 += vec4(c1_0.y, c1_1.y, c1_2.y, c1_3.y);
        a3_1 += vec4(c1_4.y, c1_5.y, c1_6.y, c1_7.y);
    }
    return w;
}

// store makes the registers the inputs of the next layer.
void store() {
    act[(tx * 8 + 0) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_0.x, a1_0.x)), packHalf2x16(vec2(a2_0.x, a3_0.x)));
    act[(tx * 8 + 1) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_0.y, a1_0.y)), packHalf2x16(vec2(a2_0.y, a3_0.y)));
    act[(tx * 8 + 2) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_0.z, a1_0.z)), packHalf2x16(vec2(a2_0.z, a3_0.z)));
    act[(tx * 8 + 3) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_0.w, a1_0.w)), packHalf2x16(vec2(a2_0.w, a3_0.w)));
    act[(tx * 8 + 4) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_1.x, a1_1.x)), packHalf2x16(vec2(a2_1.x, a3_1.x)));
    act[(tx * 8 + 5) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_1.y, a1_1.y)), packHalf2x16(vec2(a2_1.y, a3_1.y)));
    act[(tx * 8 + 6) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_1.z, a1_1.z)), packHalf2x16(vec2(a2_1.z, a3_1.z)));
    act[(tx * 8 + 7) * RAYS / 4 + ty] = uvec2(packHalf2x16(vec2(a0_1.w, a1_1.w)), packHalf2x16(vec2(a2_1.w, a3_1.w)));
    sync();
}

// volume.glsl
#line 70001
// The input of the layers: features composited along the ray by a density from the same grids, the
// transmittance that is left, and the six coordinates.
//
//     σ = softplus(10·Σ first channels − 1)     a = 1 − exp(−σ·25·spacing)
//     F = 3·Σ T·a·f                             T ← T·(1 − a)

layout(binding = 3) uniform usampler3D occupancy; // 0: occupied; n: the next occupied cell is n cells off

float T;
vec3 f0;
vec3 f1;
vec3 f2;

// march goes on from sample k up to the last one. moves is how far a sample is from the one before, at
// most, along an axis of the cube.
void march(int k, int last, float moves) {
    int top = textureSize(occupancy, 0).x - 1;
    float cells = 0.5 * float(top + 1);
    float most = 1.0 / (moves * cells); // samples that fit into a cell, at least
    while (k < last && T >= OPAQUE) {
        vec3 p = start + float(k) * stride;
        uint off = texelFetch(occupancy, clamp(ivec3((p + 1.0) * cells), 0, top), 0).r;
        if (off > 0u) {
            k += 1 + int(float(off - 1u) * most);
            continue;
        }
        vec4 v0 = fetch(grid0, p);
        vec4 v1 = fetch(grid1, p);
        vec4 v2 = fetch(grid2, p);
        float s = DENSITY_GAIN * (0.0 + v0.r + v1.r + v2.r) + DENSITY_BIAS;
        float sigma = max(s, 0.0) + log(1.0 + exp(-abs(s)));
        float left = exp(-sigma * OPTICAL_DEPTH * spacing);
        float w = T * (1.0 - left);
        f0 += w * v0.gba;
        f1 += w * v1.gba;
        f2 += w * v2.gba;
        T *= left;
        k++;
    }
}

int encode(int pass, vec3 d, vec3 m) {
    if (part != 0) {
        return INPUTS;
    }
    chord(d, m);
    T = 1.0;
    f0 = vec3(0);
    f1 = vec3(0);
    f2 = vec3(0);
    if (spacing > 0.0) {
        vec3 moves = abs(stride);
        march(0, POINTS, max(moves.x, max(moves.y, moves.z)));
    }
    int row = 0;
    for (int i = 0; i < 3; i++) {
        put(row++, FEATURE_GAIN * f0[i]);
    }
    for (int i = 0; i < 3; i++) {
        put(row++, FEATURE_GAIN * f1[i]);
    }
    for (int i = 0; i < 3; i++) {
        put(row++, FEATURE_GAIN * f2[i]);
    }
    put(row++, T);
    for (int i = 0; i < 3; i++) {
        put(row + i, d[i]);
        put(row + 3 + i, m[i]);
    }
    for (row += 6; row < INPUTS; row++) {
        put(row, 0.0);
    }
    return INPUTS;
}

// sum_subgroup.glsl
#line 80001
// total sums, for each ray of this invocation, a value over the invocations that share it, 4 of them side by side
// in a subgroup. It ends with all of them past their last reading of act.
void total(inout float s0, inout float s1, inout float s2, inout float s3) {
    s0 = subgroupClusteredAdd(s0, 4);
    s1 = subgroupClusteredAdd(s1, 4);
    s2 = subgroupClusteredAdd(s2, 4);
    s3 = subgroupClusteredAdd(s3, 4);
    sync();
}

// layer.glsl
#line 90001
// What follows the products of a hidden layer, and the last layer.

// begin empties the registers.
void begin() {
    a0_0 = vec4(0);
    a0_1 = vec4(0);
    a1_0 = vec4(0);
    a1_1 = vec4(0);
    a2_0 = vec4(0);
    a2_1 = vec4(0);
    a3_0 = vec4(0);
    a3_1 = vec4(0);
}

vec4 sine(vec4 x) {
    vec4 turns = x * 0.477464829;
    return sin(2.0 * PI * (turns - round(turns)));
}

// finish adds the bias, normalises, takes the sine and stores.
// The weights are centred over the outputs, so that the mean is 0; 1/σ is positive and commutes with ReLU.
void finish(int bias) {
    vec4 b0 = real(bias + 2 * tx + 0);
    vec4 b1 = real(bias + 2 * tx + 1);
    a0_0 += b0;
    a0_1 += b1;
    a1_0 += b0;
    a1_1 += b1;
    a2_0 += b0;
    a2_1 += b1;
    a3_0 += b0;
    a3_1 += b1;
    float s0 = dot(a0_0, a0_0) + dot(a0_1, a0_1);
    float s1 = dot(a1_0, a1_0) + dot(a1_1, a1_1);
    float s2 = dot(a2_0, a2_0) + dot(a2_1, a2_1);
    float s3 = dot(a3_0, a3_0) + dot(a3_1, a3_1);
    float share = real(bias + WIDTH / 4).x; // 1 over the number of outputs
    total(s0, s1, s2, s3);
    s0 = inversesqrt(s0 * share + 1e-5);
    s1 = inversesqrt(s1 * share + 1e-5);
    s2 = inversesqrt(s2 * share + 1e-5);
    s3 = inversesqrt(s3 * share + 1e-5);
    a0_0 = sine(a0_0 * s0);
    a0_1 = sine(a0_1 * s0);
    a1_0 = sine(a1_0 * s1);
    a1_1 = sine(a1_1 * s1);
    a2_0 = sine(a2_0 * s2);
    a2_1 = sine(a2_1 * s2);
    a3_0 = sine(a3_0 * s3);
    a3_1 = sine(a3_1 * s3);
    store();
}

// last is the last layer, for ray.
vec3 last(int w) {
    vec3 c = vec3(0);
    for (int k = part; k < WIDTH; k += PARTS) {
        c += get(k) * real(w + k).xyz;
    }
    return c + real(w + WIDTH).xyz;
}

// main.glsl
#line 100001
// A tile of the image.

layout(binding = 0, rgba8) uniform writeonly image2D image;

void main() {
    id = int(gl_LocalInvocationIndex);
    tx = id / (ACROSS * TY) * ACROSS + id % ACROSS;
    ty = id / ACROSS % TY;
    ray = ty * 4 + tx % 4;
    part = tx / 4;

    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + corner) * ivec2(TILE_W, TILE_H);
    ivec2 pixel = tile + ivec2(ray % TILE_W, ray / TILE_W);
    vec3 d, m;
    line(vec2(pixel) + point, d, m);

    begin();
    int w = 0;
    for (int pass = 0; pass < PASSES + LAYERS - 1; pass++) {
        int rows = WIDTH;
        if (pass < PASSES) {
            rows = encode(pass, d, m);
            pack(pass, rows);
        }
        w = multiply(pass, w, rows);
        if (pass < PASSES - 1) {
            sync();
            continue;
        }
        finish(w);
        w += WIDTH / 4 + 1;
        begin();
    }
    vec3 color = last(w);
    color = clamp(color, 0.0, 1.0) * blend.y;
    if (part == 0 && all(lessThan(pixel, size))) {
        imageStore(image, pixel, vec4(color, 1.0));
    }
}
