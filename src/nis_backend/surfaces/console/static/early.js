var o="nis-theme",m=()=>{let e=localStorage.getItem(o);return e==="light"||e==="dark"?e:"auto"};function t(){document.documentElement.dataset.theme=m()}t();
