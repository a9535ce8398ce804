// What the ray of a pixel meets, for the image of geometry.

layout(binding = 1, rgba32f) uniform writeonly image2D geometry;
layout(location = 11) uniform float radius; // of the scene frame, in the world

// Seen is what lfn.Surface is.
struct Seen {
    float along, spread, confidence;
    vec3 normal;
};

Seen seen; // by the ray, where part is 0

// meets sets what the ray meets at x, in the scene frame, without the normal, as lfn.surfaceAt says; false where that is nothing.
bool meets(vec3 x, float along, float spread, float light) {
    float r = length(x{{if .Window}} - EYE{{end}}), unsure = spread / (SURE_SPREAD * max(1.0, r));
    seen = Seen(0.0, 0.0, 0.0, vec3(0));
    if (r < FARTHEST && spread < FARTHEST) {
        seen = Seen(along, spread, light / (1.0 + unsure * unsure), vec3(0));
        return true;
    }
    return false;
}

// surface is that of the ray with direction d: see Variant.WithGeometry.
vec4 surface(vec3 d) {
    float distance = seen.along - dot(origin, d);
    if (seen.confidence > 0.0 && distance > 0.0) {
        return vec4(radius * distance, radius * seen.spread, min(seen.confidence, 1.0), codeOf(seen.normal));
    }
    return vec4(0);
}
