#version 330 core

uniform sampler2D thumbnails;
uniform bool textured;
in vec4 shade;
in vec2 at;
out vec4 color;

void main() {
    color = textured ? vec4(texture(thumbnails, at).rgb, shade.a) : shade;
}
