{{ header }}
{% for section in sections %}
{{ section.line }}
{{ section.text }}{% if not loop.last %}

{% endif %}
{% endfor %}
